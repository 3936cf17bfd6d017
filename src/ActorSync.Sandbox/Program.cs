using ActorSync.Sandbox.Core;
using ActorSync.Sandbox.JtlFfn;
using ActorSync.Sandbox.Shopify;
using ActorSync.Sandbox.WooCommerce;

var (options, problem) = SandboxOptions.Parse(args);
if (options is null)
{
    await Console.Error.WriteLineAsync(problem);
    return 1;
}

var (opened, openProblem) = SandboxHost.Open(options, TimeProvider.System);
if (opened is null)
{
    await Console.Error.WriteLineAsync(openProblem);
    return 1;
}

await using var sandbox = opened;

// The shops. A new channel is its folder and one line here.
using var shopify = new ShopifySimulator(sandbox.ContextFor(ShopifySimulator.ChannelName));
sandbox.Add(shopify);
sandbox.Add(new WooSimulator(sandbox.ContextFor(WooSimulator.ChannelName)));
sandbox.Add(new FfnSimulator(sandbox.ContextFor(FfnSimulator.ChannelName)));

var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
builder.Logging.SetMinimumLevel(LogLevel.Warning);
// A failed start is told below in one sentence; the framework's own account of it is a page of stack trace.
builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
builder.WebHost.ConfigureKestrel(kestrel =>
{
    kestrel.AddServerHeader = false;
    kestrel.ListenLocalhost(options.Port);
});
if (options.FollowStdin)
{
    builder.Services.AddSingleton<IHostLifetime, StdinLifetime>();
}

var app = builder.Build();
app.Use(async (context, next) =>
{
    // The pages and levers have no login: refuse names that a rebound DNS entry would bring, and forms that another site posts.
    if (context.Request.Host.Host is not ("localhost" or "127.0.0.1" or "[::1]") || context.Request.Headers["Sec-Fetch-Site"] == "cross-site")
    {
        context.Response.StatusCode = StatusCodes.Status403Forbidden;
        await context.Response.WriteAsync("The Sandbox answers to localhost only.\n", context.RequestAborted);
        return;
    }

    context.Response.Headers["X-Sandbox-Generation"] = sandbox.Generation;
    await next(context);
});
app.UseMiddleware<FaultMiddleware>(sandbox.Simulators, sandbox.Random, sandbox.Clock);
app.UseRouting();
app.MapGet("/health/ready", () => Results.Text("ready\n"));
ControlRoutes.Map(app, sandbox);
StartPage.Map(app, sandbox);
ImageRoutes.Map(app);
foreach (var simulator in sandbox.Simulators)
{
    simulator.Map(app);
}

try
{
    await app.StartAsync();
}
catch (IOException failure) when (failure.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException || failure.Message.Contains("address", StringComparison.OrdinalIgnoreCase))
{
    await Console.Error.WriteLineAsync($"Port {options.Port} is in use by another program. Stop it, or start the Sandbox with another one: --port {options.Port + 1}");
    return 1;
}

await Console.Out.WriteLineAsync($"Sandbox: {options.BaseAddress}/ with {string.Join(", ", sandbox.Simulators.Select(s => $"{s.Card.Title} at {options.BaseAddress}{s.Card.MerchantPath}"))}. Ctrl-C stops it.");
await app.WaitForShutdownAsync();
return 0;
