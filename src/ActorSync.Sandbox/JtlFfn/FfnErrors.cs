using System.Text.Json.Nodes;

namespace ActorSync.Sandbox.JtlFfn;

/// <summary>A kind of refusal: the status and code that the network answers, and what the code means.</summary>
public sealed record FfnError(int Status, string Code, string Description)
{
    public FfnRefusedException With(string message, params ReadOnlySpan<(string Name, string Value)> data)
    {
        var metaData = new JsonObject();
        foreach (var (name, value) in data)
        {
            metaData[name] = value;
        }

        return new FfnRefusedException(this, [(message, null)], metaData);
    }
}

/// <summary>Every refusal that is served here. A test compares status and code with the network's own catalogue.</summary>
public static class FfnErrors
{
    public static readonly FfnError ModelValidation = new(400, "Shared_ModelValidation", "The request does not have the form that this call takes.");
    public static readonly FfnError DuplicateKey = new(400, "Shared_DuplicateKey", "The key belongs to another object already.");
    public static readonly FfnError DuplicateProduct = new(400, "Products_DuplicateProduct", "Another product has this jfsku or merchantSku.");
    public static readonly FfnError ProductNotFound = new(404, "Products_ProductNotFound", "There is no such product.");
    public static readonly FfnError OrderedProductNotFound = new(400, "Products_ProductNotFound", "There is no such product.");
    public static readonly FfnError ProductNotActive = new(404, "Products_ProductNotActive", "The product was deleted.");
    public static readonly FfnError OrderedProductNotActive = new(400, "Products_ProductNotActive", "The product was deleted.");
    public static readonly FfnError AlreadyInactive = new(404, "Products_AlreadyInactive", "The product was deleted before.");
    public static readonly FfnError OpenOutbounds = new(400, "Products_OpenOutboundsForProduct", "Outbounds that are not finished name the product.");
    public static readonly FfnError ConditionAlreadySet = new(400, "Products_ConditionAlreadySet", "A condition is given once.");
    public static readonly FfnError ProductAlreadyAuthorized = new(400, "Products_ProductAlreadyAuthorized", "The fulfiller sees the product already.");
    public static readonly FfnError QuantityNotZero = new(400, "Stocks_QuantityNotZero", "There is stock left.");
    public static readonly FfnError NotEnoughStock = new(400, "Stocks_NotEnoughStock", "The warehouse has fewer units than that.");
    public static readonly FfnError ProductIsNotDivisible = new(400, "Stocks_ProductIsNotDivisible", "The product comes in whole units only.");
    public static readonly FfnError AuthorizationMissing = new(403, "Authorizations_AuthorizationNotFound", "The fulfiller has not been authorized.");
    public static readonly FfnError AuthorizationNotFound = new(404, "Authorizations_AuthorizationNotFound", "There is no such authorization.");
    public static readonly FfnError UserNotFound = new(404, "Users_UserNotFound", "There is no such user.");
    public static readonly FfnError AuthorizedUserNotFound = new(400, "Users_UserNotFound", "There is no such user.");
    public static readonly FfnError WarehouseNotFound = new(404, "Warehouses_WarehouseNotFound", "There is no such warehouse.");
    public static readonly FfnError OrderedWarehouseNotFound = new(400, "Warehouses_WarehouseNotFound", "There is no such warehouse.");
    public static readonly FfnError ShippingMethodNotFound = new(404, "ShippingMethods_ShippingMethodNotFound", "There is no such shipping method.");
    public static readonly FfnError OrderedShippingMethodNotFound = new(400, "ShippingMethods_ShippingMethodNotFound", "There is no such shipping method.");
    public static readonly FfnError NoMethodOfShippingType = new(400, "ShippingMethods_ShippingMethodNotFoundByShippingType", "No shipping method has this type.");
    public static readonly FfnError OutboundNotFound = new(404, "Outbounds_OutboundNotFound", "There is no such outbound.");
    public static readonly FfnError NotificationNotFound = new(404, "Outbounds_OutboundShippingNotificationNotFound", "There is no such shipping notification.");
    public static readonly FfnError OutboundExists = new(400, "Outbounds_NotCanceledOutboundExists", "An outbound with this id exists and is not canceled.");
    public static readonly FfnError BothShippings = new(400, "Outbounds_OutboundShippingMethodAndShippingTypeSet", "A shipping method and a shipping type exclude each other.");
    public static readonly FfnError DuplicateItemIds = new(400, "Outbounds_DuplicateOutboundItemIds", "Items of one outbound share an id.");
    public static readonly FfnError StatusChangeForbidden = new(403, "Outbounds_OutboundStatusChangeForbidden", "The outbound cannot go to that status from where it is.");
    public static readonly FfnError CreationIsLocked = new(423, "Outbounds_OutboundCreationIsLocked", "Another outbound of this merchant is being created.");

    /// <summary>Not of the catalogue, which names no code for a token that lacks the scope; only its status is known.</summary>
    public static readonly FfnError ScopeMissing = new(403, "Shared_MissingScope", "The login was not granted the scope that this call needs.");

    public static readonly IReadOnlyList<FfnError> Served =
    [
        ModelValidation, DuplicateKey, DuplicateProduct, ProductNotFound, OrderedProductNotFound, ProductNotActive, OrderedProductNotActive, AlreadyInactive, OpenOutbounds, ConditionAlreadySet,
        ProductAlreadyAuthorized, QuantityNotZero, NotEnoughStock, ProductIsNotDivisible, AuthorizationMissing, AuthorizationNotFound, UserNotFound, AuthorizedUserNotFound, WarehouseNotFound,
        OrderedWarehouseNotFound, ShippingMethodNotFound, OrderedShippingMethodNotFound, NoMethodOfShippingType, OutboundNotFound, NotificationNotFound, OutboundExists, BothShippings, DuplicateItemIds,
        StatusChangeForbidden, CreationIsLocked, ScopeMissing,
    ];

    public static FfnRefusedException Invalid(string target, string message) => Invalid([(message, target)]);

    public static FfnRefusedException Invalid(IReadOnlyList<(string Message, string? Target)> problems) => new(ModelValidation, problems, []);

    public static FfnRefusedException NoProduct(FfnError error, string jfsku) => error.With($"Product '{jfsku}' not found", ("Jfsku", jfsku));

    public static FfnRefusedException NotActive(FfnError error, string jfsku) => error.With($"Product '{jfsku}' is not active", ("Jfsku", jfsku));

    public static FfnRefusedException NoWarehouse(FfnError error, string? id) => error.With($"Warehouse '{id}' not found", ("WarehouseId", id ?? ""));
}

/// <summary>Ends a request with the network's error body.</summary>
public sealed class FfnRefusedException(FfnError error, IReadOnlyList<(string Message, string? Target)> problems, JsonObject metaData) : Exception(string.Join(" ", problems.Select(p => p.Message)))
{
    public FfnError Error { get; } = error;

    public JsonObject ToJson() => new()
    {
        ["errorCode"] = new JsonObject { ["code"] = Error.Code, ["description"] = Error.Description },
        ["errorMessages"] = new JsonArray([.. problems.Select(p => (JsonNode)(p.Target is null ? new JsonObject { ["message"] = p.Message } : new JsonObject { ["message"] = p.Message, ["target"] = p.Target }))]),
        ["errorMetaData"] = metaData.DeepClone(),
    };
}
