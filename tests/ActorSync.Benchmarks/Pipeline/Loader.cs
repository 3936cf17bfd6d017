using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace ActorSync.Benchmarks.Pipeline;

/// <summary>The sender of the webhooks: a process of its own, so that its CPU is not the hub's. Bodies are made and signed before the first is sent.</summary>
internal static class Loader
{
    public const int Connections = 64;

    /// <summary>load {address} {products} {pass} {start}: prints "seconds failed p50 p99 bytes".</summary>
    public static async Task<int> RunAsync(string[] arguments)
    {
        var address = new Uri(arguments[1]);
        var products = int.Parse(arguments[2], CultureInfo.InvariantCulture);
        var pass = int.Parse(arguments[3], CultureInfo.InvariantCulture);
        var start = DateTimeOffset.Parse(arguments[4], CultureInfo.InvariantCulture);
        var bodies = Enumerable.Range(0, products).Select(product => Payloads.Make(product, pass, start)).ToArray();
        using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = Connections }) { DefaultRequestVersion = HttpVersion.Version11 };
        var latencies = new double[products];
        var failed = 0;
        var next = -1;
        Console.WriteLine("ready");
        Console.ReadLine();
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, Connections).Select(async _ =>
        {
            while (Interlocked.Increment(ref next) is var i && i < products)
            {
                var (body, signature, id) = bodies[i];
                using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new ByteArrayContent(body) };
                request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
                request.Headers.Add("X-Shopify-Topic", pass == 0 ? "products/create" : "products/update");
                request.Headers.Add("X-Shopify-Hmac-Sha256", signature);
                request.Headers.Add("X-Shopify-Shop-Domain", "bench.myshopify.com");
                request.Headers.Add("X-Shopify-API-Version", "2026-07");
                request.Headers.Add("X-Shopify-Webhook-Id", id);
                request.Headers.Add("X-Shopify-Triggered-At", start.AddMinutes(pass).ToString("O", CultureInfo.InvariantCulture));
                var sent = Stopwatch.GetTimestamp();
                using var answer = await http.SendAsync(request);
                latencies[i] = Stopwatch.GetElapsedTime(sent).TotalMilliseconds;
                if (!answer.IsSuccessStatusCode)
                {
                    Interlocked.Increment(ref failed);
                }
            }
        }));
        var seconds = clock.Elapsed.TotalSeconds;
        Array.Sort(latencies);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{seconds} {failed} {latencies[products / 2]} {latencies[(int)(products * 0.99)]} {bodies.Average(body => body.Body.Length)}"));
        return 0;
    }
}
