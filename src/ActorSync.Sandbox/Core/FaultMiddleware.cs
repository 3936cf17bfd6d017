namespace ActorSync.Sandbox.Core;

/// <summary>Stands in front of the channels' API paths: delays and refuses before the effect, and spoils the answer after it.</summary>
public sealed class FaultMiddleware(RequestDelegate next, IReadOnlyList<ISimulator> simulators, SandboxRandom random, TimeProvider clock)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var simulator = simulators.FirstOrDefault(s => s.ApiPaths.Any(p => context.Request.Path.StartsWithSegments(p, StringComparison.Ordinal)));
        if (simulator is null)
        {
            await next(context);
            return;
        }

        var faults = simulator.Faults;
        if (faults.Latency > TimeSpan.Zero)
        {
            await Task.Delay(faults.Latency, clock, context.RequestAborted);
        }

        if (faults.Take(OneShot.Hang))
        {
            simulator.Stats.CountError();
            await Task.Delay(faults.HangFor, clock, context.RequestAborted);
            context.Abort();
            return;
        }

        if (faults.Take(OneShot.ThrottleNext) || random.Chance(faults.ThrottleRate))
        {
            simulator.Stats.CountThrottled();
            await simulator.WriteThrottledAsync(context);
            return;
        }

        if (faults.Take(OneShot.HtmlErrorNext))
        {
            simulator.Stats.CountError();
            await WriteHtmlAsync(context, StatusCodes.Status503ServiceUnavailable, "Service Temporarily Unavailable");
            return;
        }

        if (faults.Take(OneShot.HtmlAnswerNext))
        {
            simulator.Stats.CountError();
            await WriteHtmlAsync(context, StatusCodes.Status200OK, "Please sign in");
            return;
        }

        if (faults.Take(OneShot.FailBeforeEffect) || random.Chance(faults.ErrorRate))
        {
            simulator.Stats.CountError();
            await simulator.WriteServerErrorAsync(context);
            return;
        }

        if (AfterEffectIsQuiet(faults))
        {
            await next(context);
            simulator.Stats.CountWrites(context.Writes());
            return;
        }

        await AnswerThenSpoilAsync(context, simulator);
    }

    private static Task WriteHtmlAsync(HttpContext context, int status, string title)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/html; charset=UTF-8";
        return context.Response.WriteAsync($"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>", context.RequestAborted);
    }

    private static bool AfterEffectIsQuiet(ChannelFaults faults) =>
        faults.FailAfterEffectRate == 0 && !faults.IsArmed(OneShot.FailAfterEffect) && !faults.IsArmed(OneShot.CutAfterEffect)
        && !faults.IsArmed(OneShot.EmptyAnswer) && !faults.IsArmed(OneShot.NoiseBeforeJson) && !faults.IsArmed(OneShot.CutMidAnswer);

    private async Task AnswerThenSpoilAsync(HttpContext context, ISimulator simulator)
    {
        var faults = simulator.Faults;
        var wire = context.Response.Body;
        using var held = new MemoryStream();
        context.Response.Body = held;
        try
        {
            await next(context);
        }
        finally
        {
            context.Response.Body = wire;
        }

        simulator.Stats.CountWrites(context.Writes());
        if (context.Writes() > 0)
        {
            if (faults.Take(OneShot.CutAfterEffect))
            {
                simulator.Stats.CountError();
                context.Abort();
                return;
            }

            if (faults.Take(OneShot.FailAfterEffect) || random.Chance(faults.FailAfterEffectRate))
            {
                simulator.Stats.CountError();
                context.Response.Clear();
                await simulator.WriteServerErrorAsync(context);
                return;
            }
        }

        if (faults.Take(OneShot.EmptyAnswer))
        {
            simulator.Stats.CountError();
            context.Response.ContentLength = 0;
            return;
        }

        if (faults.Take(OneShot.CutMidAnswer))
        {
            simulator.Stats.CountError();
            context.Response.ContentLength = null;
            await wire.WriteAsync(held.GetBuffer().AsMemory(0, (int)held.Length / 2), context.RequestAborted);
            await wire.FlushAsync(context.RequestAborted);
            context.Abort();
            return;
        }

        if (faults.Take(OneShot.NoiseBeforeJson))
        {
            context.Response.ContentLength = null;
            await wire.WriteAsync("<br />\n<b>Warning</b>:  Undefined array key \"x\" in <b>/plugins/demo.php</b> on line <b>12</b><br />\n"u8.ToArray(), context.RequestAborted);
        }

        held.Position = 0;
        await held.CopyToAsync(wire, context.RequestAborted);
    }
}

/// <summary>How a simulator tells the core that a request has changed something.</summary>
public static class RequestEffects
{
    private const string Key = "sandbox.writes";

    public static void MarkWrite(this HttpContext context, int count = 1) => context.Items[Key] = context.Writes() + count;

    public static int Writes(this HttpContext context) => context.Items.TryGetValue(Key, out var value) && value is int count ? count : 0;
}
