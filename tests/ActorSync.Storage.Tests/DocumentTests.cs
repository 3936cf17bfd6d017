using System.Collections;
using System.Reflection;
using System.Text;
using ActorSync.Domain.Stock;
using ActorSync.Storage.Json;
using CsCheck;

namespace ActorSync.Storage.Tests;

/// <summary>Stored documents come back as they were, whatever they hold.</summary>
public sealed class DocumentTests
{
    [Fact]
    public void Product_AnyContent_ComesBackAsItWas() => Gen.Int.Sample(
        seed =>
        {
            var product = new RandomRecords(seed).Make<ProductState>();
            AssertSame(product, StorageJson.ReadProduct(StorageJson.Write(product), product.Version), "product");
        },
        iter: 300);

    [Fact]
    public void Link_AnyContent_ComesBackAsItWas() => Gen.Int.Sample(
        seed =>
        {
            var link = new RandomRecords(seed).Make<LinkState>();
            AssertSame(link, StorageJson.ReadLink(StorageJson.Write(link), link.Version), "link");
        },
        iter: 300);

    [Fact]
    public void LogEntryAndConflict_AnyContent_ComeBackAsTheyWere() => Gen.Int.Sample(
        seed =>
        {
            var random = new RandomRecords(seed);
            var entry = random.Make<LogEntry>();
            AssertSame(entry, StorageJson.ReadLogEntry(StorageJson.Write(entry)), "entry");
            var conflict = random.Make<ConflictRow>();
            AssertSame(conflict, StorageJson.ReadConflict(StorageJson.Write(conflict)), "conflict");
        },
        iter: 300);

    [Fact]
    public void LogEntry_NothingSaidAndKnownToBeEmpty_AreKeptApart()
    {
        var entry = Make.Log("x") with { Before = null, After = FieldValue.Empty };

        var read = StorageJson.ReadLogEntry(StorageJson.Write(entry));

        Assert.Null(read.Before);
        Assert.True(read.After is { IsEmpty: true });
    }

    [Fact]
    public void Link_OlderDocumentWithoutSomeLists_HasEmptyOnes()
    {
        var document = Encoding.UTF8.GetBytes("""{"schema":1,"link":{"channel":"shop1","registers":{"price@v2#EUR":{"undecided":true}}}}""");

        var link = StorageJson.ReadLink(document, 3);

        Assert.Equal(3, link.Version);
        Assert.Empty(link.Variants);
        var held = link.Registers[new RegisterKey("price", new VariantId(2), "EUR")];
        Assert.True(held.Undecided);
        Assert.Empty(held.Ring);
        Assert.Empty(held.Intents);
        Assert.Empty(held.Open);
    }

    [Fact]
    public void Product_OlderDocumentWithoutSomeLists_HasEmptyOnes()
    {
        var document = Encoding.UTF8.GetBytes(
            """{"schema":1,"product":{"id":"p1","tenant":"t1","createdAt":"2026-01-01T00:00:00Z","updatedAt":"2026-01-01T00:00:00Z","lastUpdatedBy":"hub:hub"}}""");

        var product = StorageJson.ReadProduct(document, 1);

        Assert.Empty(product.Registers);
        Assert.Empty(product.Variants);
        Assert.Empty(product.Conflicts);
        Assert.Empty(product.Stock.Levels);
        Assert.Equal(1, product.NextVariant);
    }

    [Fact]
    public void Product_NewerSchema_IsRefusedByName()
    {
        var document = Encoding.UTF8.GetString(StorageJson.Write(Make.Product(Make.Id(1)))).Replace("\"schema\":1", "\"schema\":2", StringComparison.Ordinal);

        var exception = Assert.Throws<System.Text.Json.JsonException>(() => StorageJson.ReadProduct(Encoding.UTF8.GetBytes(document), 1));

        Assert.Contains("schema 2", exception.Message, StringComparison.Ordinal);
    }

    private static void AssertSame(object? expected, object? actual, string path)
    {
        if (expected is null || actual is null || expected is string || expected.GetType().IsPrimitive || expected.GetType().IsValueType && expected is not IEnumerable)
        {
            Assert.True(Equals(expected, actual), $"{path}: expected {expected ?? "null"}, got {actual ?? "null"}");
            return;
        }

        if (expected is IDictionary map)
        {
            var other = (IDictionary)actual;
            Assert.True(map.Count == other.Count, $"{path}: expected {map.Count} entries, got {other.Count}");
            foreach (DictionaryEntry entry in map)
            {
                AssertSame(entry.Value, other[entry.Key], $"{path}[{entry.Key}]");
            }

            return;
        }

        if (expected is IEnumerable items)
        {
            var left = items.Cast<object?>().ToArray();
            var right = ((IEnumerable)actual).Cast<object?>().ToArray();
            Assert.True(left.Length == right.Length, $"{path}: expected {left.Length} items, got {right.Length}");
            for (var i = 0; i < left.Length; i++)
            {
                AssertSame(left[i], right[i], $"{path}[{i}]");
            }

            return;
        }

        foreach (var property in RandomRecords.Members(expected.GetType()))
        {
            AssertSame(property.GetValue(expected), property.GetValue(actual), $"{path}.{property.Name}");
        }
    }
}

/// <summary>Fills any record of the domain with random content, so that a member added later is tested without being told.</summary>
internal sealed class RandomRecords(int seed)
{
    private static readonly string[] Texts =
        ["", "a", "SALE!", "100 % wool", "a%21b", "size#2", "x@v3", "Größe – „Ü“", "line\nbreak\ttab", "\"quoted\" \\ back", "<b>fett</b> & mehr", "日本語 😀", "null", "false"];

    private readonly Random random = new(seed);

    public static IEnumerable<PropertyInfo> Members(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite && property.GetIndexParameters().Length == 0);

    public T Make<T>() => (T)Value(typeof(T), 0)!;

    private object? Value(Type type, int depth)
    {
        if (Nullable.GetUnderlyingType(type) is { } inner)
        {
            return random.Next(3) == 0 ? null : Value(inner, depth);
        }

        return type switch
        {
            _ when type == typeof(string) => Texts[random.Next(Texts.Length)],
            _ when type == typeof(int) => random.Next(1, 100),
            _ when type == typeof(long) => random.NextInt64(),
            _ when type == typeof(bool) => random.Next(2) == 0,
            _ when type == typeof(decimal) => Math.Round((decimal)random.NextDouble() * 1_000_000m, 4),
            _ when type == typeof(DateTimeOffset) => new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddTicks(random.NextInt64(TimeSpan.TicksPerDay * 1000)),
            _ when type == typeof(TimeSpan) => TimeSpan.FromTicks(random.NextInt64(TimeSpan.TicksPerDay)),
            _ when type == typeof(FieldValue) => random.Next(4) == 0 ? FieldValue.Empty : new FieldValue(Texts[random.Next(Texts.Length)]),
            _ when type == typeof(Stamp) => new Stamp(random.NextInt64(-10, 2_000_000_000), random.Next(3)),
            _ when type == typeof(ProductId) => new ProductId("p" + random.Next()),
            _ when type == typeof(TenantId) => new TenantId("t" + random.Next(9)),
            _ when type == typeof(ChannelId) => new ChannelId("shop-" + random.Next(9)),
            _ when type == typeof(VariantId) => new VariantId(random.Next(1, 2_000)),
            _ when type == typeof(WarehouseShare) => new WarehouseShare(Texts[random.Next(Texts.Length)], random.Next(1, 100)),
            _ when type == typeof(OriginFall) => new OriginFall(
                (VariantId)Value(typeof(VariantId), depth)!, Texts[random.Next(Texts.Length)], random.Next(1, 100), (Stamp)Value(typeof(Stamp), depth)!, random.Next(1, 100)),
            _ when type == typeof(Origin) => new Origin((OriginKind)random.Next(4), "o:" + random.Next(9)),
            _ when type == typeof(RegisterKey) => new RegisterKey(
                random.Next(2) == 0 ? "price" : "tags", (VariantId?)Value(typeof(VariantId?), depth), random.Next(2) == 0 ? null : Texts[random.Next(Texts.Length)],
                (ChannelId?)Value(typeof(ChannelId?), depth)),
            { IsEnum: true } => Enum.GetValues(type).GetValue(random.Next(Enum.GetValues(type).Length)),
            { IsGenericType: true } when type.GetGenericTypeDefinition() == typeof(ImmutableArray<>) => Array(type.GetGenericArguments()[0], depth),
            { IsGenericType: true } when type.GetGenericTypeDefinition() == typeof(ImmutableDictionary<,>) => Map(type.GetGenericArguments(), depth),
            { IsClass: true } => Record(type, depth),
            _ => throw new NotSupportedException($"The document holds a {type}: teach RandomRecords to make one."),
        };
    }

    private object Record(Type type, int depth)
    {
        var record = System.Runtime.CompilerServices.RuntimeHelpers.GetUninitializedObject(type);
        var nullability = new NullabilityInfoContext();
        foreach (var property in Members(type))
        {
            var mayBeNull = !property.PropertyType.IsValueType && nullability.Create(property).WriteState == NullabilityState.Nullable;
            property.SetValue(record, mayBeNull && random.Next(3) == 0 ? null : Value(property.PropertyType, depth + 1));
        }

        return record;
    }

    private object Array(Type item, int depth)
    {
        var items = System.Array.CreateInstance(item, depth > 6 ? 0 : random.Next(3));
        for (var i = 0; i < items.Length; i++)
        {
            items.SetValue(Value(item, depth + 1), i);
        }

        return typeof(ImmutableArray).GetMethods().Single(method => method.Name == nameof(ImmutableArray.Create) && method.GetParameters() is [{ ParameterType.IsArray: true } only]
                && only.GetCustomAttribute<ParamArrayAttribute>() is not null)
            .MakeGenericMethod(item).Invoke(null, [items])!;
    }

    private object Map(Type[] types, int depth)
    {
        var map = (IDictionary)Activator.CreateInstance(typeof(Dictionary<,>).MakeGenericType(types))!;
        for (var i = random.Next(4); i > 0; i--)
        {
            map[Value(types[0], depth + 1)!] = Value(types[1], depth + 1);
        }

        return typeof(ImmutableDictionary).GetMethods().Single(method => method.Name == nameof(ImmutableDictionary.CreateRange) && method.GetParameters().Length == 1)
            .MakeGenericMethod(types).Invoke(null, [map])!;
    }
}
