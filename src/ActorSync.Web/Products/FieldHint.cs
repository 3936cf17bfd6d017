using ActorSync.Web.Requests;

namespace ActorSync.Web.Products;

/// <summary>The field that a person probably meant.</summary>
internal static class FieldHint
{
    /// <summary>"; did you mean 'price'?" without the question mark's sentence end, or nothing.</summary>
    public static string Of(string name) =>
        Nearest.Find(name, Fields.All.Where(f => !f.IsStructure).Select(f => f.Name)) is { } near ? $"; did you mean '{near}'" : "";
}
