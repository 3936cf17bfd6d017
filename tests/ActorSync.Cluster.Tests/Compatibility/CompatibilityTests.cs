using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using ActorSync.Abstractions.Products;
using ActorSync.Domain.Products;
using ActorSync.Grains;
using ActorSync.Grains.Stores;
using ActorSync.Storage.Json;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;

namespace ActorSync.Cluster.Tests.Compatibility;

/// <summary>
/// What each release stored and sent still loads: every message and state type, filled, as the release wrote it. The files of a release are written once, by
/// <c>ACTORSYNC_WRITE_RELEASE=v0.1</c>, and never changed afterwards.
/// </summary>
public sealed class CompatibilityTests
{
    private static readonly JsonSerializerOptions Plain = new();
    private static readonly JsonSerializerOptions Shown = new(StateJson.Options)
    {
        Converters = { new RegisterKeyConverter(), new VariantIdConverter(), new ProductIdConverter(), new ChannelIdConverter(), new OriginConverter() },
    };
    private static readonly ServiceProvider Services = new ServiceCollection().AddSerializer().BuildServiceProvider();
    private static readonly Serializer Serializer = Services.GetRequiredService<Serializer>();
    private static readonly Assembly[] Assemblies = [typeof(ProductState).Assembly, typeof(IProductGrain).Assembly, typeof(StateJson).Assembly];

    public static TheoryData<string> Releases => [.. Directory.Exists(Folder()) ? Directory.GetDirectories(Folder()).Select(folder => Path.GetFileName(folder)!) : []];

    [Fact]
    public void Write_ThisRelease_WhenAsked()
    {
        if (Environment.GetEnvironmentVariable("ACTORSYNC_WRITE_RELEASE") is not { Length: > 0 } release)
        {
            Assert.NotEmpty(Types());
            return;
        }

        var folder = Directory.CreateDirectory(Path.Combine(Folder(), release)).FullName;
        File.WriteAllLines(Path.Combine(folder, "messages.jsonl"), Types().Select(type => new JsonObject
        {
            ["alias"] = AliasOf(type),
            ["bytes"] = Convert.ToBase64String(Serializer.SerializeToArray(Samples.Make(type))),
            ["json"] = Dump(Samples.Make(type)),
        }.ToJsonString(Plain)));
        File.WriteAllLines(Path.Combine(folder, "states.jsonl"), States().Select(type => new JsonObject
        {
            ["alias"] = AliasOf(type),
            ["json"] = JsonSerializer.SerializeToNode(Samples.Make(type), type, StateJson.Options),
        }.ToJsonString(Plain)));
        File.WriteAllBytes(Path.Combine(folder, "product.json"), StorageJson.Write((ProductState)Samples.Make(typeof(ProductState))));
        File.WriteAllBytes(Path.Combine(folder, "link.json"), StorageJson.Write((ActorSync.Domain.Reconcile.LinkState)Samples.Make(typeof(ActorSync.Domain.Reconcile.LinkState))));
    }

    [Theory]
    [MemberData(nameof(Releases))]
    public void Messages_OfARelease_AreStillRead(string release)
    {
        var types = Types().ToDictionary(AliasOf, StringComparer.Ordinal);
        foreach (var line in Lines(release, "messages.jsonl"))
        {
            var alias = line["alias"]!.GetValue<string>();
            Assert.True(types.TryGetValue(alias, out var type), $"{release} sends '{alias}', which no type is called any more");
            var read = Serializer.Deserialize<object>(Convert.FromBase64String(line["bytes"]!.GetValue<string>()));
            Assert.IsType(type, read);
            AssertHolds(line["json"], Dump(read), $"{release} {alias}");
        }
    }

    [Theory]
    [MemberData(nameof(Releases))]
    public void States_OfARelease_AreStillRead(string release)
    {
        var types = States().ToDictionary(AliasOf, StringComparer.Ordinal);
        foreach (var line in Lines(release, "states.jsonl"))
        {
            var alias = line["alias"]!.GetValue<string>();
            Assert.True(types.TryGetValue(alias, out var type), $"{release} stored '{alias}', which no type is called any more");
            var read = line["json"].Deserialize(type, StateJson.Options)!;
            AssertHolds(line["json"], JsonSerializer.SerializeToNode(read, type, StateJson.Options), $"{release} {alias}");
        }
    }

    [Theory]
    [MemberData(nameof(Releases))]
    public void Documents_OfARelease_AreStillRead(string release)
    {
        var product = File.ReadAllBytes(Path.Combine(Folder(), release, "product.json"));
        AssertHolds(JsonNode.Parse(product), JsonNode.Parse(StorageJson.Write(StorageJson.ReadProduct(product, 7))), $"{release} product");
        var link = File.ReadAllBytes(Path.Combine(Folder(), release, "link.json"));
        AssertHolds(JsonNode.Parse(link), JsonNode.Parse(StorageJson.Write(StorageJson.ReadLink(link, 7))), $"{release} link");
    }

    /// <summary>Everything that crosses a grain call or a stream.</summary>
    private static IEnumerable<Type> Types() => Assemblies.SelectMany(assembly => assembly.GetTypes())
        .Where(type => type is { IsAbstract: false, IsInterface: false, IsEnum: false, ContainsGenericParameters: false }
            && type.GetCustomAttribute<GenerateSerializerAttribute>() is not null && type.GetCustomAttribute<AliasAttribute>() is not null
            && !typeof(Exception).IsAssignableFrom(type))
        .OrderBy(AliasOf, StringComparer.Ordinal);

    /// <summary>What grains keep by IPersistentState.</summary>
    private static IEnumerable<Type> States() => typeof(ImportState).Assembly.GetTypes()
        .SelectMany(type => type.GetConstructors().SelectMany(constructor => constructor.GetParameters()))
        .Select(parameter => parameter.ParameterType)
        .Where(type => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IPersistentState<>))
        .Select(type => type.GetGenericArguments()[0])
        .Distinct().OrderBy(AliasOf, StringComparer.Ordinal);

    private static string AliasOf(Type type) => type.GetCustomAttribute<AliasAttribute>()?.Alias ?? type.FullName!;

    private static JsonNode? Dump(object value) => JsonSerializer.SerializeToNode(value, value.GetType(), Shown);

    private static IEnumerable<JsonNode> Lines(string release, string file) => File.ReadLines(Path.Combine(Folder(), release, file)).Select(line => JsonNode.Parse(line)!);

    /// <summary>All that was written is there; a later release may have more.</summary>
    private static void AssertHolds(JsonNode? written, JsonNode? read, string where)
    {
        switch (written)
        {
            case JsonObject members:
                var held = Assert.IsType<JsonObject>(read);
                foreach (var (name, value) in members)
                {
                    Assert.True(held.ContainsKey(name), $"{where}.{name} is lost");
                    AssertHolds(value, held[name], $"{where}.{name}");
                }

                break;
            case JsonArray elements:
                var all = Assert.IsType<JsonArray>(read);
                Assert.True(elements.Count == all.Count, $"{where} had {elements.Count} elements and has {all.Count}");
                for (var i = 0; i < elements.Count; i++)
                {
                    AssertHolds(elements[i], all[i], $"{where}[{i}]");
                }

                break;
            default:
                Assert.True(JsonNode.DeepEquals(written, read), $"{where} was {written?.ToJsonString()} and is {read?.ToJsonString()}");
                break;
        }
    }

    /// <summary>In the sources: CI builds with paths that do not exist on the machine.</summary>
    private static string Folder()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "ActorSync.sln")))
            {
                return Path.Combine(at.FullName, "tests", "ActorSync.Cluster.Tests", "Compatibility", "Releases");
            }
        }

        throw new InvalidOperationException($"No folder above {AppContext.BaseDirectory} holds ActorSync.sln.");
    }
}
