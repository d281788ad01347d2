package imagebuild

import (
	"context"

	"github.com/moby/buildkit/session/auth"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// logins answers when the engine asks who may pull a base image. It leaves the
// token protocol to the engine: BuildKit's own provider would do it here, and
// write a seed file next to the user's docker configuration.
type logins struct {
	auth.UnimplementedAuthServer

	auth Auth
}

// Register offers the service to the engine.
func (l *logins) Register(server *grpc.Server) { auth.RegisterAuthServer(server, l) }

// Credentials answers for one registry.
func (l *logins) Credentials(ctx context.Context, req *auth.CredentialsRequest) (*auth.CredentialsResponse, error) {
	if l.auth == nil {
		return &auth.CredentialsResponse{}, nil
	}
	user, secret, err := l.auth(ctx, req.Host)
	if err != nil {
		return nil, status.Error(codes.Unauthenticated, err.Error())
	}
	return &auth.CredentialsResponse{Username: user, Secret: secret}, nil
}
