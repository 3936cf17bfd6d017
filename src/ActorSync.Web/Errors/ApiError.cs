namespace ActorSync.Web.Errors;

/// <summary>What sort of refusal it is; decides the HTTP status in <see cref="Problem.StatusOf"/> and nowhere else.</summary>
internal enum ErrorKind
{
    Invalid,
    Unauthenticated,
    Forbidden,
    NotFound,
    Conflict,
    TooLarge,
    UnsupportedMedia,
    /// <summary>The request is well formed, but an outside system or a rule does not take it.</summary>
    Refused,
    Throttled,
    Unavailable,
    Internal,
}

/// <summary>An expected outcome that is no success: a stable code, and a sentence that names the value and what is accepted.</summary>
internal sealed record ApiError(ErrorKind Kind, string Code, string Detail)
{
    /// <summary>Messages by field, for validation.</summary>
    public IReadOnlyDictionary<string, string[]>? Fields { get; init; }

    /// <summary>When a repeat may help.</summary>
    public TimeSpan? RetryAfter { get; init; }

    public static ApiError Invalid(string field, string message) => Invalid(new Dictionary<string, string[]>(StringComparer.Ordinal) { [field] = [message] });

    public static ApiError Invalid(IReadOnlyDictionary<string, string[]> fields)
    {
        var first = fields.First();
        var more = fields.Sum(f => f.Value.Length) - 1;
        return new ApiError(ErrorKind.Invalid, "invalid-request", first.Value[0] + (more > 0 ? $" ({more} more in errors)" : "")) { Fields = fields };
    }

    public static ApiError NoProduct(string id) => new(ErrorKind.NotFound, "no-such-product", $"There is no product '{id}'. GET /api/products?q= finds products by name or SKU.");

    public static ApiError NoChannel(string id) => new(ErrorKind.NotFound, "no-such-channel", $"There is no channel '{id}'. GET /api/channels lists yours.");

    public static ApiError NoClient(string id) => new(ErrorKind.NotFound, "no-such-client", $"There is no client '{id}'. A key sees the one client that it is bound to.");

    public static ApiError StorageDown() => new(ErrorKind.Unavailable, "storage-unavailable", "The database does not answer. Nothing was lost; try again.")
    {
        RetryAfter = TimeSpan.FromSeconds(5),
    };
}
