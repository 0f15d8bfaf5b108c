// Package securityhub starts an emulator of AWS Security Hub in a container, with testcontainers-go v0.45.0.
package securityhub

import (
	"context"
	"errors"

	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/wait"
)

const image, port = "securityhub-local:0.1.0", "4600/tcp"

// Container is a running emulator.
type Container struct{ testcontainers.Container }

// Run serves a scenario file or, if scenario is empty, the quickstart of the image.
func Run(ctx context.Context, scenario string) (*Container, error) {
	options := []testcontainers.ContainerCustomizer{
		testcontainers.WithExposedPorts(port),
		testcontainers.WithWaitStrategy(wait.ForHTTP("/_emulator/health").WithPort(port)),
	}
	if scenario != "" {
		file := testcontainers.ContainerFile{HostFilePath: scenario, ContainerFilePath: "/scenario.yaml", FileMode: 0o644}
		options = append(options, testcontainers.WithFiles(file),
			testcontainers.WithCmd("serve", "--scenario", "/scenario.yaml"))
	}
	container, err := testcontainers.Run(ctx, image, options...)
	if err != nil {
		return nil, errors.Join(err, testcontainers.TerminateContainer(container))
	}
	return &Container{container}, nil
}

// Endpoint returns the endpoint for AWS clients. The access key ID is the ID of the account.
func (c *Container) Endpoint(ctx context.Context) (string, error) {
	return c.PortEndpoint(ctx, port, "http")
}
