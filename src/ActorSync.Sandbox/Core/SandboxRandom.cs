namespace ActorSync.Sandbox.Core;

/// <summary>The one source of chance, seeded, safe to use from every request.</summary>
public sealed class SandboxRandom(int seed)
{
    private readonly Lock gate = new();
    private readonly Random random = new(seed);

    public bool Chance(double probability)
    {
        if (probability <= 0)
        {
            return false;
        }

        lock (gate)
        {
            return random.NextDouble() < probability;
        }
    }

    public int Next(int exclusiveUpper)
    {
        lock (gate)
        {
            return random.Next(exclusiveUpper);
        }
    }

    public double NextDouble()
    {
        lock (gate)
        {
            return random.NextDouble();
        }
    }

    /// <summary>A random id in the usual 8-4-4-4-12 form.</summary>
    public Guid NextGuid()
    {
        var bytes = new byte[16];
        lock (gate)
        {
            random.NextBytes(bytes);
        }

        return new Guid(bytes);
    }
}
