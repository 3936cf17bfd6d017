using Microsoft.Extensions.Logging;

namespace ActorSync.Grains.Products;

public sealed partial class ProductGrain
{
    [LoggerMessage(2001, LogLevel.Information, "Product {Product} was written by someone else; its turn is decided again ({Tries})")]
    private partial void LogStale(string product, int tries);

    [LoggerMessage(2002, LogLevel.Error, "The database refuses a write of product {Product}: {Error}")]
    private partial void LogRefused(string product, string error);

    [LoggerMessage(2003, LogLevel.Warning, "A turn of product {Product} with {Commands} commands failed; it is loaded anew before the next")]
    private partial void LogTurnFailed(string product, int commands, Exception failure);

    [LoggerMessage(2004, LogLevel.Error, "Command {Command} of product {Product} could not be decided")]
    private partial void LogCommandFailed(string product, string command, Exception failure);

    [LoggerMessage(2005, LogLevel.Information, "A change of product {Product} was not published: {Error} Stores find it in the dirty index")]
    private partial void LogPublishFailed(string product, string error);
}
