using System.Reflection;
using System.Text.Json.Serialization.Metadata;

namespace ActorSync.Storage.Json;

/// <summary>
/// Generated readers give a list or map that an older document lacks its type's default (a default array, null) instead of the record's own initial value.
/// This fills them with empty ones, so that a member may be added to a record without touching what is stored.
/// </summary>
internal static class MissingMembers
{
    public static void Fill(JsonTypeInfo type)
    {
        if (type.Kind != JsonTypeInfoKind.Object)
        {
            return;
        }

        var fillers = type.Type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property.CanWrite && property.PropertyType.IsGenericType)
            .Select(Filler)
            .OfType<Action<object>>()
            .ToArray();
        if (fillers.Length > 0)
        {
            type.OnDeserialized = item =>
            {
                foreach (var filler in fillers)
                {
                    filler(item);
                }
            };
        }
    }

    private static Action<object>? Filler(PropertyInfo property)
    {
        var definition = property.PropertyType.GetGenericTypeDefinition();
        var method = definition == typeof(ImmutableArray<>) ? nameof(ArrayFiller) : definition == typeof(ImmutableDictionary<,>) ? nameof(MapFiller) : null;
        return method is null
            ? null
            : (Action<object>)typeof(MissingMembers).GetMethod(method, BindingFlags.NonPublic | BindingFlags.Static)!
                .MakeGenericMethod([property.DeclaringType!, .. property.PropertyType.GetGenericArguments()])
                .Invoke(null, [property])!;
    }

    private static Action<object> ArrayFiller<TOwner, T>(PropertyInfo property)
        where TOwner : class
    {
        var get = property.GetMethod!.CreateDelegate<Func<TOwner, ImmutableArray<T>>>();
        var set = property.SetMethod!.CreateDelegate<Action<TOwner, ImmutableArray<T>>>();
        return item =>
        {
            if (get((TOwner)item).IsDefault)
            {
                set((TOwner)item, []);
            }
        };
    }

    private static Action<object> MapFiller<TOwner, TKey, TValue>(PropertyInfo property)
        where TOwner : class
        where TKey : notnull
    {
        var get = property.GetMethod!.CreateDelegate<Func<TOwner, ImmutableDictionary<TKey, TValue>?>>();
        var set = property.SetMethod!.CreateDelegate<Action<TOwner, ImmutableDictionary<TKey, TValue>>>();
        return item =>
        {
            if (get((TOwner)item) is null)
            {
                set((TOwner)item, ImmutableDictionary<TKey, TValue>.Empty);
            }
        };
    }
}
