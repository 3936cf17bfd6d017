global using System.Collections.Immutable;
global using ActorSync.Domain.Channels;
global using ActorSync.Domain.Products;
global using ActorSync.Domain.Reconcile;
global using ActorSync.Domain.Tenants;
