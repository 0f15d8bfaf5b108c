// An emulator of AWS Security Hub in a container, with Testcontainers 4.16.0 of NuGet.
using System;
using System.IO;
using System.Threading.Tasks;
using DotNet.Testcontainers.Builders;
using DotNet.Testcontainers.Containers;

public sealed class SecurityHubContainer : IAsyncDisposable
{
    private const string Image = "securityhub-local:0.1.0";
    private const ushort Port = 4600;
    private readonly IContainer container;

    /// <summary>Serves a scenario file or, without one, the quickstart of the image.</summary>
    public SecurityHubContainer(string? scenario = null)
    {
        var builder = new ContainerBuilder(Image)
            .WithPortBinding(Port, true)
            .WithWaitStrategy(Wait.ForUnixContainer().UntilHttpRequestIsSucceeded(
                request => request.ForPort(Port).ForPath("/_emulator/health")));
        if (scenario is not null)
        {
            builder = builder
                .WithResourceMapping(new FileInfo(scenario), new FileInfo("/scenario.yaml"))
                .WithCommand("serve", "--scenario", "/scenario.yaml");
        }
        container = builder.Build();
    }

    public Task StartAsync() => container.StartAsync();

    /// <summary>The endpoint for AWS clients. The access key ID is the ID of the account.</summary>
    public string Endpoint() => $"http://{container.Hostname}:{container.GetMappedPublicPort(Port)}";

    public ValueTask DisposeAsync() => container.DisposeAsync();
}
