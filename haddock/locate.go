package haddock

import (
	"context"

	"github.com/haddock-ci/pipeline/haddock/locator"
)

// CheckLocator compares the running HAProxy with what haddock.yaml wants of it.
func (s *Service) CheckLocator(ctx context.Context) ([]locator.Difference, error) {
	wanted, err := s.Config.Locator(s.env)
	if err != nil {
		return nil, err
	}
	return locator.Check(ctx, s.proxy, wanted)
}
