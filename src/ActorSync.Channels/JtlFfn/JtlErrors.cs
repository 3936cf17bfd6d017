using System.Collections.Frozen;
using System.Text.Json;
using ActorSync.Channels.Http;

namespace ActorSync.Channels.JtlFfn;

/// <summary>What one of JTL's error codes asks us to do.</summary>
internal enum JtlVerdict
{
    /// <summary>Nothing happened and the same call may work later.</summary>
    Retry,
    /// <summary>Refused for certain; repeating the same is useless.</summary>
    Refused,
    /// <summary>What was to be made is there already: take it.</summary>
    Adopt,
    /// <summary>What was to be changed is not there (any more).</summary>
    Gone,
    /// <summary>It is already as was asked.</summary>
    Already,
}

/// <summary>What a request did.</summary>
internal enum JtlEffect { Done, Refused, Adopt, Gone, NotSent, Unknown }

/// <summary>One answer, classified once by status and code.</summary>
internal sealed record JtlAnswer
{
    public required JtlEffect Effect { get; init; }
    /// <summary>Body of a 2xx answer; undefined where it has none.</summary>
    public JsonElement Json { get; init; }
    public string Code { get; init; } = "";
    public string Message { get; init; } = "";
    /// <summary>The product that stands in the way of a create, where the answer names it.</summary>
    public string? Jfsku { get; init; }
    /// <summary>Set when the connection as a whole is at fault rather than this request.</summary>
    public ChannelFault? Fault { get; init; }
    public required DateTimeOffset SentAt { get; init; }

    public bool Ok => Effect == JtlEffect.Done;

    /// <summary>The fault to report when this answer ends what was asked for.</summary>
    public ChannelFault FaultOrError => Fault ?? new ChannelFault
    {
        Kind = ChannelFaultKind.Permanent,
        Code = Code.Length > 0 ? Code : "UNEXPECTED_ANSWER",
        Message = Message.Length > 0 ? Message : "JTL's answer has another form than expected.",
    };
}

/// <summary>JTL's error catalogue (contract section 6), mapped once.</summary>
internal static class JtlErrors
{
    private const int LongestMessage = 300;
    /// <summary>JTL lets one creation at a time run per merchant and asks for patience without saying how long (contract section 6).</summary>
    private static readonly TimeSpan LockedPause = TimeSpan.FromSeconds(2);

    /// <summary>Every code of the catalogue. A code that is not in here is judged by its HTTP status.</summary>
    public static readonly FrozenDictionary<string, JtlVerdict> Verdicts = new (JtlVerdict Verdict, string[] Codes)[]
    {
        (JtlVerdict.Retry, ["Outbounds_OutboundCreationIsLocked", "Returns_ReturnIsLocked", "Shared_OutdatedObject", "Shared_UpdateOperation"]),
        (JtlVerdict.Adopt,
        [
            "Products_DuplicateProduct", "Inbounds_DuplicateInbound", "Inbounds_DuplicateInboundShippingNotificationId",
            "Inbounds_DuplicateMerchantShippingNotificationNumber", "Outbounds_NotCanceledOutboundExists", "Outbounds_DuplicateAttachmentId",
            "Returns_DuplicateReturn", "Returns_DuplicateReturnItem", "Credentials_DuplicateCredential",
        ]),
        (JtlVerdict.Gone,
        [
            "Products_ProductNotFound", "Products_ProductsNotFound", "Products_ProductNotActive", "Products_AlreadyInactive", "Products_PictureNotFound",
            "Outbounds_OutboundNotFound", "Outbounds_AttachmentNotFound", "Outbounds_OutboundShippingNotificationNotFound",
            "Outbounds_AttachmentIsNoLongerAvailable", "Outbounds_OutboundAttachmentDeleted", "Inbounds_InboundNotFound",
            "Inbounds_InboundShippingNotificationNotFound", "Returns_ReturnNotFound", "Returns_ReturnItemNotFound", "Returns_ItemListIsEmpty",
            "Returns_OutboundItemNotFound", "Returns_OutboundForReturnItemNotFound", "Warehouses_WarehouseNotFound", "ShippingMethods_ShippingMethodNotFound",
            "ShippingMethods_ShippingMethodNotFoundByShippingType", "Users_UserNotFound", "Credentials_CredentialNotFound",
        ]),
        (JtlVerdict.Already, ["Products_ProductAlreadyAuthorized"]),
        (JtlVerdict.Refused,
        [
            "Authorizations_AuthorizationNotFound", "Inbounds_InboundShippingNotificationItemsPackageIdOutOfRange", "Inbounds_MerchantCanNotCloseInbound",
            "Inbounds_InboundUpdateForbidden", "Inbounds_ProductIsNotBatch", "Inbounds_ProductIsNotBestBefore", "Inbounds_ProductIsNotSerialNumbers",
            "Outbounds_AmazonCredentials", "Outbounds_AutoCompleteBillOfMaterialsWithBillOfMaterialsId", "Outbounds_DuplicateOutboundItemIds",
            "Outbounds_InapropriateShippingMethod", "Outbounds_OutboundItemBillOfMaterialsHasNoChild", "Outbounds_OutboundItemTypeMismatch",
            "Outbounds_OutboundShippingMethodAndShippingTypeSet", "Outbounds_PremiumTypeMismatch", "Outbounds_OutboundStatusChangeForbidden",
            "Outbounds_OutboundUpdateForbidden", "Products_CanNotAddBillOfMaterialProductToRelatedProductList",
            "Products_CanNotAuthorizeBillOfMaterialWithoutComponents", "Products_CanNotCreateBillOfMaterialWithCondition",
            "Products_CanNotUpdateBillOfMaterialWithCondition", "Products_ConditionAlreadySet", "Products_ConditionMustBeUniqueInRelatedProductsList",
            "Products_ConditionOfRelatedProductCanNotBeUnknown", "Products_CouldNotDeleteBillOfMaterialsComponentProduct", "Products_InvalidIdentifier",
            "Products_OpenOutboundsForProduct", "Products_PictureWithNumberAlreadyExists", "Products_SpecificationChangeNotAllowed",
            "Returns_JfskuDoesNotMatchOutboundItem", "Returns_NotAllowedState", "Returns_NotEnoughQuantity", "Returns_OutboundItemNotShipped",
            "Shared_DuplicateKey", "Shared_InvalidContentType", "Shared_ModelValidation", "Shared_UserIsNotAFulfiller", "Stocks_IsBillOfMaterial",
            "Stocks_NotEnoughBlockedStock", "Stocks_NotEnoughReservedStock", "Stocks_NotEnoughStock", "Stocks_ProductIsNotDivisible", "Stocks_QuantityNotZero",
        ]),
    }.SelectMany(row => row.Codes.Select(code => KeyValuePair.Create(code, row.Verdict))).ToFrozenDictionary(StringComparer.Ordinal);

    public static JtlAnswer Classify(HttpExchange exchange, bool isWrite, DateTimeOffset now)
    {
        if (exchange.Status is not { } status)
        {
            return new JtlAnswer
            {
                Effect = !isWrite || exchange.CertainlyNotSent ? JtlEffect.NotSent : JtlEffect.Unknown,
                Fault = exchange.Fault ?? Fault(ChannelFaultKind.Transient, "NO_ANSWER", "JTL did not answer."),
                SentAt = exchange.SentAt,
            };
        }

        var json = Parse(exchange.Body.Span);
        if (exchange.IsSuccess)
        {
            return json is null && !exchange.Body.IsEmpty
                ? new JtlAnswer
                {
                    Effect = isWrite ? JtlEffect.Unknown : JtlEffect.NotSent,
                    Fault = Fault(ChannelFaultKind.Transient, "NOT_JSON", "JTL answered with something that is no whole JSON."),
                    SentAt = exchange.SentAt,
                }
                : new JtlAnswer { Effect = JtlEffect.Done, Json = json ?? default, SentAt = exchange.SentAt };
        }

        var (code, message, jfsku) = Error(json);
        var words = code.Length > 0 ? $"HTTP {(int)status}, {code}: {message}" : $"HTTP {(int)status}";
        var retryAt = exchange.RetryAfter is { } wait ? now + wait : (DateTimeOffset?)null;
        var (effect, fault) = Judge((int)status, code, words, retryAt, isWrite, now);
        return new JtlAnswer { Effect = effect, Fault = fault, Code = code, Message = message.Length > 0 ? message : words, Jfsku = jfsku, SentAt = exchange.SentAt };
    }

    private static (JtlEffect Effect, ChannelFault? Fault) Judge(int status, string code, string words, DateTimeOffset? retryAt, bool isWrite, DateTimeOffset now)
    {
        if (Verdicts.TryGetValue(code, out var verdict))
        {
            return verdict switch
            {
                JtlVerdict.Retry => (JtlEffect.NotSent, Fault(ChannelFaultKind.Transient, code, $"JTL asks to try again ({words}).", retryAt ?? now + LockedPause)),
                JtlVerdict.Adopt => (JtlEffect.Adopt, null),
                JtlVerdict.Gone => (JtlEffect.Gone, null),
                JtlVerdict.Already => (JtlEffect.Done, null),
                _ => (JtlEffect.Refused, null),
            };
        }

        return status switch
        {
            >= 300 and < 400 => (JtlEffect.NotSent, Fault(ChannelFaultKind.Permanent, "REDIRECTED", "JTL sends callers to another address; set apiUrl to the final one.")),
            401 => (JtlEffect.NotSent, Fault(ChannelFaultKind.Unauthorised, "401", "JTL refuses the access token although it was renewed.")),
            403 => (JtlEffect.NotSent, Fault(ChannelFaultKind.Unauthorised, code.Length > 0 ? code : "403", $"A right is missing; sign in again and grant ffn.merchant.read and ffn.merchant.write ({words}).")),
            404 when code.Length == 0 => (JtlEffect.NotSent, Fault(ChannelFaultKind.Unauthorised, "404",
                "JTL knows nothing of this user here: sign in to the FFN portal of this environment once, and check apiUrl.")),
            423 => (JtlEffect.NotSent, Fault(ChannelFaultKind.Transient, "423", $"JTL is busy with another creation ({words}).", retryAt ?? now + LockedPause)),
            429 => (JtlEffect.NotSent, Fault(ChannelFaultKind.Throttled, "429", $"JTL asks for fewer requests ({words}).", retryAt)),
            408 or >= 500 => (isWrite && status != 503 ? JtlEffect.Unknown : JtlEffect.NotSent, Fault(ChannelFaultKind.Transient, status.ToString(), $"JTL failed ({words}).", retryAt)),
            _ => (JtlEffect.Refused, null),
        };
    }

    /// <summary>A refusal without a code still has words.</summary>
    private static (string Code, string Message, string? Jfsku) Error(JsonElement? json)
    {
        if (json is not { ValueKind: JsonValueKind.Object } body)
        {
            return ("", "", null);
        }

        var head = body.TryGetProperty("errorCode", out var told) && told.ValueKind == JsonValueKind.Object ? told : default;
        var messages = body.TryGetProperty("errorMessages", out var list) && list.ValueKind == JsonValueKind.Array
            ? string.Join(" ", list.EnumerateArray().Select(entry => JtlMapper.Text(entry, "message")).Where(text => !string.IsNullOrEmpty(text)))
            : "";
        var message = messages.Length > 0 ? messages : JtlMapper.Text(head, "description") ?? "";
        var jfsku = body.TryGetProperty("errorMetaData", out var meta) && meta.ValueKind == JsonValueKind.Object ? JtlMapper.Text(meta, "Jfsku") ?? JtlMapper.Text(meta, "jfsku") : null;
        return (JtlMapper.Text(head, "code") ?? "", message.Length <= LongestMessage ? message : message[..LongestMessage], jfsku);
    }

    private static JsonElement? Parse(ReadOnlySpan<byte> body)
    {
        if (body.IsEmpty)
        {
            return null;
        }

        try
        {
            return JsonElement.Parse(body);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public static ChannelFault Fault(ChannelFaultKind kind, string code, string message, DateTimeOffset? retryAt = null) =>
        new() { Kind = kind, Code = code, Message = message, RetryAt = retryAt };
}
