using ActorSync.Abstractions.Faults;
using ActorSync.Abstractions.Products;
using ActorSync.Abstractions.Tenants;
using ActorSync.Grains.Products;
using ActorSync.Grains.Stores;
using ActorSync.Grains.Tenants;
using ActorSync.Grains.Webhooks;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace ActorSync.Grains;

/// <summary>Registers what the grains need. Storage, channels, grain storage "settings", stream provider "sync" and reminders are the host's.</summary>
public static class GrainsSiloBuilderExtensions
{
    /// <inheritdoc cref="AddActorSyncGrains(IServiceCollection)"/>
    public static ISiloBuilder AddActorSyncGrains(this ISiloBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddActorSyncGrains();
        return builder;
    }

    /// <summary>A silo's or a client's services: directory, ids, clock, options, fail-points.</summary>
    public static IServiceCollection AddActorSyncGrains(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
#pragma warning disable RS0030 // The system clock enters here, unless a test has put its own first.
        services.TryAddKeyedSingleton(ProductClock.Key, TimeProvider.System);
#pragma warning restore RS0030
        services.TryAddSingleton<IIdSource, IdSource>();
        services.TryAddSingleton<ITenantDirectory, TenantDirectory>();
        services.TryAddSingleton(provider => ArmedBy(provider.GetService<IConfiguration>()));
        services.AddOptions<StoreOptions>().BindConfiguration(StoreOptions.Section).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<StoreOptions>, StoreOptionsValidator>());
        services.AddOptions<InboxOptions>().BindConfiguration(InboxOptions.Section).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<InboxOptions>, InboxOptionsValidator>());
        return services;
    }

    private static FailPoints ArmedBy(IConfiguration? configuration) =>
        new(configuration?.GetValue<bool>("ActorSync:AllowFailPoints") == true ? configuration["ActorSync:FailPoint"] : null);
}
