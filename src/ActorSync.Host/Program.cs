using ActorSync.Host;

return await HostProgram.RunAsync(args);
