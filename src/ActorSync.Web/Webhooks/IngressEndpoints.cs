using ActorSync.Web.Security;

namespace ActorSync.Web.Webhooks;

/// <summary>Where channels deliver: signed, without a key.</summary>
internal static class IngressEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var door = routes.MapGroup("").WithTags("Webhook ingress").WithMetadata(new InboundWebhookAttribute()).AllowAnonymous();
        door.MapPost("/webhooks/{kind}/{channelId}", (string kind, string channelId, HttpContext context, WebhookDoor take) => take.TakeAsync(context, kind, channelId, null))
            .WithSummary("Takes a signed delivery of a channel: 200 when it is durable, 401 on a wrong signature, 503 when it must be delivered again.").Describe();
        door.MapPost("/webhooks/{kind}", (string kind, HttpContext context, WebhookDoor take) => take.TakeAsync(context, kind, null, null))
            .WithSummary("Takes a signed delivery; the channel is found by the shop that the headers name.").Describe();
        door.MapPost("/api/integrations/webhooks/shopify-enhanced/{**topic}", (string topic, HttpContext context, WebhookDoor take) => take.TakeAsync(context, "shopify", null, topic))
            .WithSummary("The same for Shopify under the replaced system's address.").Describe();
        door.MapPost("/api/integrations/webhooks/woocommerce-enhanced/{**topic}", (string topic, HttpContext context, WebhookDoor take) => take.TakeAsync(context, "woocommerce", null, topic))
            .WithSummary("The same for WooCommerce under the replaced system's address.").Describe();
    }

    private static void Describe(this RouteHandlerBuilder route) => route.Produces(StatusCodes.Status200OK)
        .ProducesProblem(StatusCodes.Status401Unauthorized).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status503ServiceUnavailable);
}
