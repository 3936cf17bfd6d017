using System.Globalization;
using System.Text.Json;
using ActorSync.Channels.Http;

namespace ActorSync.Channels.Shopify;

/// <summary>One userError of a mutation, as far as Shopify tells.</summary>
internal sealed record ShopifyUserError(ImmutableArray<string> Path, string Message, string? Code)
{
    /// <summary>The row of the named input list that the error is about; null when it names none.</summary>
    public int? Row(string list)
    {
        var at = Path.IndexOf(list);
        return at >= 0 && at + 1 < Path.Length && int.TryParse(Path[at + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var row) ? row : null;
    }
}

/// <summary>One answered or failed call.</summary>
internal sealed record ShopifyAnswer
{
    /// <summary>The data object; undefined when there is none.</summary>
    public JsonElement Data { get; init; }
    /// <summary>The call as a whole failed; user errors are not faults.</summary>
    public ChannelFault? Fault { get; init; }
    /// <summary>With a fault: the mutation may have been executed nevertheless.</summary>
    public bool MayHaveHappened { get; init; }
    /// <summary>Fields that the token may not see; the rest of the answer stands.</summary>
    public ImmutableArray<string> Denied { get; init; } = [];
    public ShopifyCost? Cost { get; init; }

    /// <summary>A root field's value; null when it is null or absent.</summary>
    public JsonElement? Root(string field) => ShopifyMapper.Child(Data, field) is { ValueKind: not JsonValueKind.Null } root ? root : null;
}

/// <summary>extensions.cost of an answer.</summary>
internal sealed record ShopifyCost(double Requested, double? Actual, double Maximum, double Available, double RestorePerSecond);

/// <summary>Classifies each answer once, in the order of the contract: HTTP, top-level errors, user errors.</summary>
internal static class ShopifyErrors
{
    private const int LongestMessage = 500;

    /// <summary>The answer 401: nothing was done.</summary>
    public static readonly ChannelFault RefusedToken =
        Fault(ChannelFaultKind.Unauthorised, "401", "Shopify refuses the access token: it is wrong, expired, or the app was uninstalled.");

    public static ShopifyAnswer Classify(HttpExchange exchange, DateTimeOffset now)
    {
        if (exchange.Fault is { } transport)
        {
            return new ShopifyAnswer { Fault = transport, MayHaveHappened = !exchange.CertainlyNotSent };
        }

        if (!exchange.IsSuccess)
        {
            return OfStatus(exchange, now);
        }

        JsonElement root;
        try
        {
            using var document = JsonDocument.Parse(exchange.Body);
            root = document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return new ShopifyAnswer { Fault = Fault(ChannelFaultKind.Transient, "BAD_BODY", "Shopify's answer is not JSON."), MayHaveHappened = true };
        }

        var cost = CostOf(root);
        var data = ShopifyMapper.Child(root, "data") is { ValueKind: JsonValueKind.Object } found ? found : default;
        if (ShopifyMapper.Child(root, "errors") is not { } errors || errors is { ValueKind: JsonValueKind.Array } && errors.GetArrayLength() == 0)
        {
            return data.ValueKind == JsonValueKind.Object
                ? new ShopifyAnswer { Data = data, Cost = cost }
                : new ShopifyAnswer { Fault = Fault(ChannelFaultKind.Transient, "BAD_BODY", "Shopify's answer has neither data nor errors."), MayHaveHappened = true, Cost = cost };
        }

        return OfErrors(errors, data, cost, now);
    }

    /// <summary>User errors of a mutation's payload.</summary>
    public static ImmutableArray<ShopifyUserError> UserErrors(JsonElement? payload) =>
        payload is { } found && ShopifyMapper.Child(found, "userErrors") is { ValueKind: JsonValueKind.Array } errors
            ? [.. errors.EnumerateArray().Select(error => new ShopifyUserError(
                ShopifyMapper.Child(error, "field") is { ValueKind: JsonValueKind.Array } path ? [.. path.EnumerateArray().Select(part => part.ToString())] : [],
                Cut(ShopifyMapper.Child(error, "message")?.GetString() ?? "The channel gave no reason."),
                ShopifyMapper.Child(error, "code") is { ValueKind: JsonValueKind.String } code ? code.GetString() : null))]
            : [];

    /// <summary>Shopify says that it does not know the product or variant. The generic errors have no code, only these words.</summary>
    public static bool IsGone(ShopifyUserError error) =>
        error.Code is "PRODUCT_DOES_NOT_EXIST" or "PRODUCT_VARIANT_DOES_NOT_EXIST"
        || (error.Code is null && error.Message is "Product does not exist" or "Product variant does not exist");

    private static ShopifyAnswer OfStatus(HttpExchange exchange, DateTimeOffset now)
    {
        var status = (int)exchange.Status!.Value;
        var fault = exchange.StatusFault(now)!;
        fault = status switch
        {
            401 => RefusedToken,
            402 => fault with { Message = "The shop is frozen for lack of payment." },
            403 => fault with { Message = "Shopify forbids this app the shop." },
            404 => fault with { Kind = ChannelFaultKind.Unauthorised, Message = "Shopify knows no shop at this address; check baseUrl." },
            423 => fault with { Message = "The shop is locked." },
            429 => fault with { Message = "Shopify asks to slow down." },
            430 => fault with { Kind = ChannelFaultKind.Unauthorised, Message = "Shopify blocks this address as suspicious; calls are stopped until a person looks at it." },
            >= 300 and < 400 => fault with { Kind = ChannelFaultKind.Unauthorised, Message = $"Shopify redirects (HTTP {status}); baseUrl must be the shop's own myshopify.com address." },
            >= 500 => fault with { Message = $"Shopify is in trouble (HTTP {status})." },
            _ => fault,
        };
        return new ShopifyAnswer { Fault = fault, MayHaveHappened = status >= 500 };
    }

    private static ShopifyAnswer OfErrors(JsonElement errors, JsonElement data, ShopifyCost? cost, DateTimeOffset now)
    {
        if (errors.ValueKind != JsonValueKind.Array)
        {
            return new ShopifyAnswer { Fault = Fault(ChannelFaultKind.Permanent, "ERROR", Cut(errors.ToString())), Cost = cost };
        }

        var all = errors.EnumerateArray().Select(error => (
            Code: ShopifyMapper.Child(error, "extensions") is { } extensions && ShopifyMapper.Child(extensions, "code") is { ValueKind: JsonValueKind.String } code ? code.GetString()! : "",
            Message: Cut(ShopifyMapper.Child(error, "message") is { ValueKind: JsonValueKind.String } message ? message.GetString()! : "Shopify gave no reason."))).ToArray();
        var isPartial = data.ValueKind == JsonValueKind.Object && data.EnumerateObject().Any(root => root.Value.ValueKind != JsonValueKind.Null);
        if (isPartial && all.All(error => error.Code == "ACCESS_DENIED"))
        {
            return new ShopifyAnswer { Data = data, Denied = [.. all.Select(error => error.Message).Distinct(StringComparer.Ordinal)], Cost = cost };
        }

        var worst = all.OrderBy(error => Rank(error.Code)).First();
        var fault = worst.Code switch
        {
            "THROTTLED" => Fault(ChannelFaultKind.Throttled, worst.Code, "Shopify's query budget is spent.") with { RetryAt = now + Wait(cost) },
            "INTERNAL_SERVER_ERROR" or "TIMEOUT" => Fault(ChannelFaultKind.Transient, worst.Code, worst.Message),
            "ACCESS_DENIED" or "SHOP_INACTIVE" => Fault(ChannelFaultKind.Unauthorised, worst.Code, worst.Message),
            "" => Fault(ChannelFaultKind.Permanent, "ERROR", worst.Message),
            _ => Fault(ChannelFaultKind.Permanent, worst.Code, worst.Message),
        };
        // Data beside an error of a mutation means that something ran; an internal error may have struck after the write.
        return new ShopifyAnswer { Fault = fault, MayHaveHappened = isPartial || fault.Kind == ChannelFaultKind.Transient, Cost = cost };
    }

    private static int Rank(string code) => code switch
    {
        "THROTTLED" => 0,
        "INTERNAL_SERVER_ERROR" or "TIMEOUT" => 1,
        "SHOP_INACTIVE" => 2,
        "ACCESS_DENIED" => 4,
        _ => 3,
    };

    /// <summary>Throttled answers carry no Retry-After: the wait follows from the bucket.</summary>
    private static TimeSpan Wait(ShopifyCost? cost) => cost is { RestorePerSecond: > 0 }
        ? TimeSpan.FromSeconds(Math.Clamp((cost.Requested - cost.Available) / cost.RestorePerSecond, 1, 60))
        : TimeSpan.FromSeconds(2);

    private static ShopifyCost? CostOf(JsonElement root)
    {
        if (ShopifyMapper.Child(root, "extensions") is not { } extensions || ShopifyMapper.Child(extensions, "cost") is not { ValueKind: JsonValueKind.Object } cost
            || ShopifyMapper.Child(cost, "throttleStatus") is not { ValueKind: JsonValueKind.Object } status)
        {
            return null;
        }

        return new ShopifyCost(
            Number(cost, "requestedQueryCost") ?? 0, Number(cost, "actualQueryCost"),
            Number(status, "maximumAvailable") ?? 0, Number(status, "currentlyAvailable") ?? 0, Number(status, "restoreRate") ?? 0);
    }

    private static double? Number(JsonElement element, string name) => ShopifyMapper.Child(element, name) is { ValueKind: JsonValueKind.Number } number ? number.GetDouble() : null;

    private static ChannelFault Fault(ChannelFaultKind kind, string code, string message) => new() { Kind = kind, Code = code, Message = message };

    private static string Cut(string text) => text.Length <= LongestMessage ? text : text[..LongestMessage] + "…";
}
