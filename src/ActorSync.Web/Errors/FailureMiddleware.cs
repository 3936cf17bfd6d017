using Microsoft.Extensions.Logging;

namespace ActorSync.Web.Errors;

/// <summary>The last catch: an unexpected exception becomes a problem with a trace id, never a stack trace; an unreachable database or cluster becomes 503.</summary>
internal sealed partial class FailureMiddleware(RequestDelegate next, ILogger<FailureMiddleware> log)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The caller left: nobody reads an answer.
        }
        catch (Exception failure) when (!context.Response.HasStarted)
        {
            var error = Describe(failure);
            if (error.Kind == ErrorKind.Internal)
            {
                LogFailure(log, context.Request.Method, context.Request.Path, failure);
            }
            else if (error.Kind == ErrorKind.Unavailable)
            {
                LogUnavailable(log, context.Request.Method, context.Request.Path, failure.Message);
            }

            context.Response.Clear();
            await new Problem(error).ExecuteAsync(context);
        }
    }

    private static ApiError Describe(Exception failure) => failure switch
    {
        StorageUnavailableException => ApiError.StorageDown(),
        TimeoutException or Orleans.Runtime.OrleansException => new ApiError(ErrorKind.Unavailable, "cluster-unavailable",
            "The cluster did not answer in time. The outcome may be open; repeat with the same Idempotency-Key.")
        { RetryAfter = TimeSpan.FromSeconds(5) },
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => new ApiError(ErrorKind.TooLarge, "body-too-large", "The body is larger than this path accepts."),
        ArgumentException { ParamName: "cursor" } => ApiError.Invalid("cursor", "The cursor is not one that this list gave out; accepted is the nextCursor of its last page, or none."),
        BadHttpRequestException bad => new ApiError(ErrorKind.Invalid, "invalid-request", bad.Message),
        _ => new ApiError(ErrorKind.Internal, "unexpected", "Something went wrong that should not. The trace id finds it in the log."),
    };

    [LoggerMessage(5001, LogLevel.Error, "{Method} {Path} failed unexpectedly")]
    private static partial void LogFailure(ILogger logger, string method, string path, Exception failure);

    [LoggerMessage(5002, LogLevel.Warning, "{Method} {Path} answered 503: {Reason}")]
    private static partial void LogUnavailable(ILogger logger, string method, string path, string reason);
}
