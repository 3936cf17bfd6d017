using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using ActorSync.Web.Channels;
using ActorSync.Web.Conflicts;
using ActorSync.Web.Dashboard;
using ActorSync.Web.Dashboard.Live;
using ActorSync.Web.Errors;
using ActorSync.Web.Health;
using ActorSync.Web.Products;
using ActorSync.Web.ProductSync;
using ActorSync.Web.Requests;
using ActorSync.Web.Security;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using ActorSync.Web.Stock;
using ActorSync.Web.Webhooks;

namespace ActorSync.Web;

/// <summary>What the host calls: services once, then the surfaces that its role serves.</summary>
public static class ActorSyncWeb
{
    /// <summary>Registers the HTTP surface. Needs from the host: grain factory, storage ports, tenant directory, connectors, <see cref="IReadiness"/>, <see cref="IIdSource"/>.</summary>
    public static IServiceCollection AddActorSyncWeb(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configuration);
        services.AddSingleton<IValidateOptions<WebOptions>>(new WebOptionsValidator(configuration));
        services.AddOptions<WebOptions>().Bind(configuration.GetSection(WebOptions.Section))
            .Configure(o => o.PublicUrl = configuration["ActorSync:PublicUrl"] is { Length: > 0 } url ? new Uri(url, UriKind.RelativeOrAbsolute) : null)
            .ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(new ActorSync.Abstractions.Faults.FailPoints());
        services.AddDataProtection();
        services.AddSingleton<SessionCookie>();
        services.AddSingleton<Catalogue>();
        services.AddSingleton<ConflictBook>();
        services.AddSingleton<ChannelClocks>();
        services.AddSingleton<LoginState>();
        services.AddSingleton<WebhookTally>();
        services.AddSingleton<WebhookDoor>();
        services.AddAuthentication(KeyAuthentication.SchemeName).AddScheme<AuthenticationSchemeOptions, KeyAuthentication>(KeyAuthentication.SchemeName, null);
        services.AddAuthorizationBuilder()
            .AddPolicy(Roles.Viewer, p => p.RequireRole(Roles.Viewer, Roles.Operator, Roles.Admin))
            .AddPolicy(Roles.Operator, p => p.RequireRole(Roles.Operator, Roles.Admin))
            .AddPolicy(Roles.Admin, p => p.RequireRole(Roles.Admin))
            // What a host maps beside us without saying who may see it (the Orleans dashboard shows grain state) is for admins.
            .SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireRole(Roles.Admin).Build());
        services.Configure<RouteHandlerOptions>(o => o.ThrowOnBadRequest = true);
        services.ConfigureHttpJsonOptions(o =>
        {
            o.SerializerOptions.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
            // The answers are application/json with nosniff, never HTML: letters stay readable.
            o.SerializerOptions.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.CamelCase));
            o.SerializerOptions.Converters.Add(new TextConverter());
            o.SerializerOptions.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        });
        services.AddRazorComponents();
        services.AddSingleton<DashboardReader>();
        services.AddSingleton<FeedHub>();
        services.AddOpenApi("v1", OpenApiDocuments.Configure);
        return services;
    }

    /// <summary>Maps API, dashboard page and documentation, each behind its guards.</summary>
    public static WebApplication MapActorSyncWeb(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        UseGuards(app);
        var api = app.MapGroup("").RequireAuthorization(Roles.Viewer);
        ApiKeyEndpoints.Map(api);
        ProductEndpoints.Map(api);
        HistoryEndpoints.Map(api);
        ProductSyncEndpoints.Map(api);
        ConflictEndpoints.Map(api);
        StockEndpoints.Map(api);
        ChannelEndpoints.Map(api);
        PolicyEndpoints.Map(api);
        WebhookEndpoints.Map(api);
        DocsEndpoints.Map(api);
        DashboardEndpoints.Map(app);
        return app;
    }

    /// <summary>Maps health behind the guards that every role has; whatever else is mapped without a say of its own is for admins.</summary>
    public static WebApplication MapActorSyncHealth(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        UseGuards(app);
        return app;
    }

    /// <summary>Maps the addresses that the outside knows: where channels deliver to, where they send browsers after a sign-in, and where an app's page signs in.</summary>
    public static WebApplication MapActorSyncIngress(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        UseGuards(app);
        IngressEndpoints.Map(app);
        ChannelEndpoints.MapCallback(app);
        ChannelEndpoints.MapSession(app);
        return app;
    }

    private static bool IsFirst(IApplicationBuilder app, string part) => app.Properties.TryAdd(part, true);

    private static void UseGuards(WebApplication app)
    {
        if (!IsFirst(app, "ActorSync.Web.Guards"))
        {
            return;
        }

        app.UseMiddleware<FailureMiddleware>();
        app.UseMiddleware<HostGuard>();
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseMiddleware<QueryNames>();
        app.UseMiddleware<IdempotencyMiddleware>();
        HealthEndpoints.Map(app);
    }
}
