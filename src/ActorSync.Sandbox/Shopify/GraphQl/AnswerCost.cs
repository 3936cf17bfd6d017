using GraphQL;
using GraphQL.Execution;

namespace ActorSync.Sandbox.Shopify.GraphQl;

/// <summary>The cost of an answer: the request's rules over what was really returned.</summary>
public static class AnswerCost
{
    public static int Of(RootExecutionNode root, bool mutation, Func<ExecutionNode, int> mutationBase)
    {
        var sum = 0;
        foreach (var field in root.SubFields ?? [])
        {
            sum += mutation ? mutationBase(field) + Payload(field) : RootQueryField(field);
        }

        return sum;
    }

    private static int RootQueryField(ExecutionNode node)
    {
        if (node is NullExecutionNode or ObjectExecutionNode { Result: null })
        {
            return 1;
        }

        return BaseName(node) == "Count" && QueryCost.IsRootCount(node.Field.Name.StringValue) ? QueryCost.RootCountCost : Field(node);
    }

    private static int Payload(ExecutionNode payload)
    {
        var sum = 0;
        foreach (var field in Children(payload))
        {
            if (field.Field.Name.StringValue.EndsWith("serErrors", StringComparison.Ordinal) || field is ValueExecutionNode or NullExecutionNode)
            {
                continue;
            }

            var cost = Field(field);
            sum += BaseName(field) is var type && (QueryCost.IsFree(type) || IsConnection(type)) ? cost : Math.Max(0, cost - 1);
        }

        return sum;
    }

    private static int Field(ExecutionNode node)
    {
        switch (node)
        {
            case ObjectExecutionNode { Result: not null } when IsConnection(BaseName(node)):
                return Connection(node);
            case ObjectExecutionNode { Result: not null }:
                return (QueryCost.IsFree(BaseName(node)) ? 0 : 1) + Children(node).Sum(Field);
            case ArrayExecutionNode { Items: { } items } when items.Exists(i => i is ObjectExecutionNode):
                return 1 + items.Max(i => Children(i).Sum(Field));
            default:
                return node.Field.Name == "hasActiveInventory" ? 1 : 0;
        }
    }

    private static int Connection(ExecutionNode connection)
    {
        var size = 0;
        var inner = 0.0;
        foreach (var list in Children(connection).OfType<ArrayExecutionNode>())
        {
            if (list.Items is not { Count: > 0 } items)
            {
                continue;
            }

            size = Math.Max(size, items.Count);
            inner += list.Field.Name == "nodes"
                ? 1 + items.Average(i => Children(i).Sum(Field))
                : items.Average(i => Children(i).Where(c => c.Field.Name == "node").Sum(c => 1 + Children(c).Sum(Field)));
        }

        return 2 + (int)Math.Round(QueryCost.Scale(size) * Math.Max(size > 0 ? 1 : 0, inner), MidpointRounding.AwayFromZero);
    }

    private static IEnumerable<ExecutionNode> Children(ExecutionNode node) => node is ObjectExecutionNode { SubFields: { } fields } ? fields : [];

    private static bool IsConnection(string type) => type.EndsWith("Connection", StringComparison.Ordinal);

    private static string BaseName(ExecutionNode node) => node.GraphType?.GetNamedType().Name ?? "";
}
