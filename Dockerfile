# syntax=docker/dockerfile:1
# Targets: host (default, the hub: no Sandbox inside) and sandbox (simulators of the channels, for demos and tests only).
#   docker build -t actorsync .
#   docker build -t actorsync-sandbox --target sandbox .

FROM mcr.microsoft.com/dotnet/sdk:10.0 AS source
WORKDIR /source
ENV DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
# What packages depend on comes first, so that a change of code does not fetch them again.
COPY global.json Directory.Build.props Directory.Packages.props .editorconfig ./
COPY src/ActorSync.Domain/*.csproj src/ActorSync.Domain/packages.lock.json src/ActorSync.Domain/
COPY src/ActorSync.Grains.Abstractions/*.csproj src/ActorSync.Grains.Abstractions/packages.lock.json src/ActorSync.Grains.Abstractions/
COPY src/ActorSync.Grains/*.csproj src/ActorSync.Grains/packages.lock.json src/ActorSync.Grains/
COPY src/ActorSync.Storage/*.csproj src/ActorSync.Storage/packages.lock.json src/ActorSync.Storage/
COPY src/ActorSync.Channels/*.csproj src/ActorSync.Channels/packages.lock.json src/ActorSync.Channels/
COPY src/ActorSync.Web/*.csproj src/ActorSync.Web/packages.lock.json src/ActorSync.Web/
COPY src/ActorSync.Host/*.csproj src/ActorSync.Host/packages.lock.json src/ActorSync.Host/
COPY src/ActorSync.Sandbox/*.csproj src/ActorSync.Sandbox/packages.lock.json src/ActorSync.Sandbox/
RUN dotnet restore src/ActorSync.Host --locked-mode && dotnet restore src/ActorSync.Sandbox --locked-mode
COPY silo-config silo-config
COPY src src

# The analyzers have run in CI.
FROM source AS build-host
RUN dotnet publish src/ActorSync.Host -c Release --no-restore -p:RunAnalyzers=false -p:EnforceCodeStyleInBuild=false -o /out

FROM source AS build-sandbox
RUN dotnet publish src/ActorSync.Sandbox -c Release --no-restore -p:RunAnalyzers=false -p:EnforceCodeStyleInBuild=false -o /out

FROM mcr.microsoft.com/dotnet/aspnet:10.0 AS base
WORKDIR /app
# Clustered roles keep nothing in it; all-in-one with SQLite keeps everything: mount a volume then.
RUN install -d -o $APP_UID -g $APP_UID -m 0700 /data
# The base image's port is not ours.
ENV ASPNETCORE_HTTP_PORTS= DOTNET_CLI_TELEMETRY_OPTOUT=1
COPY --chmod=0755 deploy/ready /app/ready

FROM base AS sandbox
COPY --from=build-sandbox /out .
USER $APP_UID
HEALTHCHECK --interval=10s --timeout=10s --start-period=30s CMD ["/app/ready", "5090"]
ENTRYPOINT ["dotnet", "ActorSync.Sandbox.dll"]
CMD ["--data", "/data"]

FROM base AS host
COPY --from=build-host /out .
ENV ActorSync__Listen=http://0.0.0.0:5080 ActorSync__DataFolder=/data ActorSync__LogFormat=json
USER $APP_UID
EXPOSE 5080
HEALTHCHECK --interval=10s --timeout=10s --start-period=60s CMD ["/app/ready"]
ENTRYPOINT ["dotnet", "ActorSync.Host.dll"]
