namespace ActorSync.Web.Tests.EndToEnd;

/// <summary>The Sandbox, and a hub that is no demo and knows no shop yet, for each test anew.</summary>
/// <param name="reachable">False = the shops cannot reach the hub: they are polled.</param>
/// <param name="signedIn">False = calls carry no key until the test takes it.</param>
public abstract class OwnHubTests(bool reachable = true, bool signedIn = true) : IAsyncLifetime
{
    private protected Workshop Workshop { get; } = new();

    private protected Connections Connections => field ??= new Connections(Workshop);

    private protected HubClient Hub => Workshop.Hub;

    private protected SandboxClient Shops => Workshop.Shops;

    public async ValueTask InitializeAsync()
    {
        await Workshop.StartSandboxAsync();
        Workshop.StartHub(demo: false, reachable: reachable);
        await Workshop.HubReadyAsync();
        if (signedIn)
        {
            Workshop.UseKey(await Connections.PrintedKeyAsync());
        }
    }

    public async ValueTask DisposeAsync()
    {
        Workshop.TellIfFailed();
        await Workshop.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}

/// <summary>Tests that start a hub and shops of their own: one after the other, beside those of <see cref="EndToEndCollection"/>, because both wait more than they work.</summary>
[CollectionDefinition(nameof(OwnHubCollection))]
public sealed class OwnHubCollection;
