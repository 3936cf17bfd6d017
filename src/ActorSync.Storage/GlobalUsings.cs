global using System.Collections.Immutable;
global using ActorSync.Abstractions.Channels;
global using ActorSync.Abstractions.Storage;
global using ActorSync.Domain.Products;
global using ActorSync.Domain.Reconcile;
