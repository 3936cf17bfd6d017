using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace ActorSync.Channels.Tests.Sandbox;

/// <summary>Takes webhooks on a free port and remembers them byte for byte.</summary>
public sealed class WebhookReceiver : IAsyncDisposable
{
    private readonly HttpListener listener = new();
    private readonly ConcurrentQueue<Delivery> deliveries = new();
    private readonly Task running;

    public WebhookReceiver()
    {
        Address = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://localhost:{SandboxProcess.FreePort()}/hooks/"));
        listener.Prefixes.Add(Address.ToString());
        listener.Start();
        running = Task.Run(RunAsync);
    }

    public Uri Address { get; }

    /// <summary>What each delivery is answered with.</summary>
    public int Status { get; set; } = 200;

    public IReadOnlyList<Delivery> All => [.. deliveries];

    public async ValueTask DisposeAsync()
    {
        listener.Close();
        await running;
    }

    private async Task RunAsync()
    {
        while (true)
        {
            try
            {
                var context = await listener.GetContextAsync();
                using var body = new MemoryStream();
                await context.Request.InputStream.CopyToAsync(body);
                var headers = context.Request.Headers.AllKeys.OfType<string>().ToDictionary(k => k, k => context.Request.Headers[k]!, StringComparer.OrdinalIgnoreCase);
                deliveries.Enqueue(new Delivery(body.ToArray(), headers));
                context.Response.StatusCode = Status;
                context.Response.Close();
            }
            catch (Exception ended) when (ended is HttpListenerException or ObjectDisposedException or InvalidOperationException)
            {
                return;
            }
        }
    }
}

public sealed record Delivery(byte[] Body, IReadOnlyDictionary<string, string> Headers)
{
    public string Text => Encoding.UTF8.GetString(Body);

    public JsonNode Json => JsonNode.Parse(Body)!;

    public string? ContentType => Header("Content-Type");

    public string? Header(string name) => Headers.GetValueOrDefault(name);
}
