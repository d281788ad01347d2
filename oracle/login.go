package oracle

import (
	"context"
	"database/sql"
	"fmt"
)

// setUp returns one attempt at everything between READY and the first user's
// answers. What one attempt has done the next does not repeat.
func (c *Container) setUp(in *instance) func(context.Context) error {
	created, reset := 0, !in.restored || in.answered
	return func(ctx context.Context) error {
		if !reset {
			if err := c.setPasswords(ctx, in, in.system); err != nil {
				return err
			}
			reset = true
		}
		if created < len(c.schemas) {
			err := c.as(ctx, "SYSTEM", in.system, func(ctx context.Context, system *sql.Conn) error {
				for ; created < len(c.schemas); created++ {
					if err := c.schemas[created].create(ctx, system); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
		return c.ping(ctx, in)
	}
}

func (c *Container) ping(ctx context.Context, in *instance) error {
	if len(c.schemas) == 0 {
		return c.as(ctx, "SYSTEM", in.system, answerTwice)
	}
	return c.as(ctx, c.schemas[0].User, c.schemas[0].Password, answerTwice)
}

// as logs in at the first address that answers.
func (c *Container) as(ctx context.Context, user string, password Password, use func(context.Context, *sql.Conn) error) error {
	at := c.now().addresses
	addresses := at.list(ctx)
	var last error
	for _, address := range addresses {
		l := login{address: address, service: c.cfg.Service, user: user, password: password}
		answered, err := l.session(ctx, use)
		if answered {
			at.prove(address)
		}
		if err == nil {
			return nil
		}
		last = fmt.Errorf("log in as %s at %s: %w", user, address, tidy(err))
		if answered || ctx.Err() != nil {
			return last
		}
		at.forget()
	}
	if last == nil {
		last = fmt.Errorf("log in as %s: none of %v accepts a connection: %w", user, at.candidates, errNoAnswer)
	}
	return last
}
