using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ActorSync.Web.ProductSync;

/// <summary>The success envelope of the replaced systems.</summary>
internal sealed record Envelope<T>(T Data)
{
    [JsonPropertyOrder(-1)] public bool Success { get; } = true;
}

internal static class Envelope
{
    public static Ok<Envelope<T>> Ok<T>(T data) => TypedResults.Ok(new Envelope<T>(data));

    public static Accepted<Envelope<T>> Accepted<T>(string location, T data) => TypedResults.Accepted(location, new Envelope<T>(data));
}
