using System.Collections.Immutable;
using System.Globalization;
using System.Reflection;
using ActorSync.Domain.Products;

namespace ActorSync.Cluster.Tests.Compatibility;

/// <summary>One filled instance of any message or state type: every member has a value that is not its default, always the same one.</summary>
internal static class Samples
{
    private const int Deepest = 6;
    private static readonly DateTimeOffset Instant = new(2026, 11, 22, 20, 15, 30, TimeSpan.Zero);

    public static object Make(Type type) => Make(type, 0) ?? throw new InvalidOperationException($"{type} has no sample.");

    private static object? Make(Type type, int depth)
    {
        if (Nullable.GetUnderlyingType(type) is { } inner)
        {
            return Make(inner, depth);
        }

        return Plain(type) ?? Collection(type, depth) ?? (depth >= Deepest ? Empty(type) : Record(type, depth));
    }

    private static object? Plain(Type type) =>
        type == typeof(string) ? "text"
        : type == typeof(bool) ? true
        : type == typeof(DateTimeOffset) ? Instant
        : type == typeof(TimeSpan) ? TimeSpan.FromSeconds(90)
        : type == typeof(Uri) ? new Uri("https://shop.example/")
        : type == typeof(FieldValue) ? new FieldValue("value")
        : type == typeof(byte[]) ? new byte[] { 1, 2, 3 }
        : type == typeof(ReadOnlyMemory<byte>) ? new ReadOnlyMemory<byte>([1, 2, 3])
        : type.IsEnum ? Enum.GetValues(type).Cast<object>().Last()
        : type.IsPrimitive || type == typeof(decimal) ? Convert.ChangeType(7, type, CultureInfo.InvariantCulture)
        : null;

    private static object? Collection(Type type, int depth)
    {
        if (!type.IsGenericType)
        {
            return null;
        }

        var definition = type.GetGenericTypeDefinition();
        var arguments = type.GetGenericArguments();
        if (definition == typeof(ImmutableDictionary<,>) || definition == typeof(ImmutableSortedDictionary<,>) || definition == typeof(Dictionary<,>))
        {
            var map = (System.Collections.IDictionary)Activator.CreateInstance(typeof(Dictionary<,>).MakeGenericType(arguments))!;
            if (depth < Deepest)
            {
                map[Make(arguments[0], depth + 1)!] = Make(arguments[1], depth + 1);
            }

            return definition == typeof(Dictionary<,>) ? map : Call(definition == typeof(ImmutableDictionary<,>) ? typeof(ImmutableDictionary) : typeof(ImmutableSortedDictionary), "CreateRange", arguments, map);
        }

        if (definition != typeof(ImmutableArray<>) && definition != typeof(ImmutableHashSet<>) && definition != typeof(List<>) && definition != typeof(ImmutableList<>))
        {
            return null;
        }

        var list = (System.Collections.IList)Activator.CreateInstance(typeof(List<>).MakeGenericType(arguments))!;
        if (depth < Deepest)
        {
            list.Add(Make(arguments[0], depth + 1));
        }

        return definition == typeof(List<>) ? list
            : Call(definition == typeof(ImmutableArray<>) ? typeof(ImmutableArray) : definition == typeof(ImmutableList<>) ? typeof(ImmutableList) : typeof(ImmutableHashSet), "CreateRange", arguments, list);
    }

    /// <summary>The factory that takes just the elements.</summary>
    private static object Call(Type factory, string method, Type[] arguments, object elements) => factory.GetMethods()
        .Where(m => m.Name == method && m.GetGenericArguments().Length == arguments.Length && m.GetParameters().Length == 1)
        .Select(m => m.MakeGenericMethod(arguments)).First(m => m.GetParameters()[0].ParameterType.IsInstanceOfType(elements)).Invoke(null, [elements])!;

    private static object? Empty(Type type) => type.IsValueType ? Activator.CreateInstance(type) : null;

    private static object Record(Type type, int depth)
    {
        var constructor = type.GetConstructors(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance)
            .Where(c => !(c.GetParameters() is [{ } only] && only.ParameterType == type)).OrderByDescending(c => c.GetParameters().Length).FirstOrDefault();
        var made = constructor is null
            ? Activator.CreateInstance(type)!
            : constructor.Invoke([.. constructor.GetParameters().Select(parameter => Make(parameter.ParameterType, depth + 1))]);
        var named = constructor?.GetParameters().Select(parameter => parameter.Name).ToHashSet(StringComparer.OrdinalIgnoreCase) ?? [];
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite && !named.Contains(property.Name) && property.GetIndexParameters().Length == 0))
        {
            property.SetValue(made, Make(property.PropertyType, depth + 1));
        }

        return made;
    }
}
