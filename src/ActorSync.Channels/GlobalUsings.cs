global using ActorSync.Abstractions.Channels;
