namespace ActorSync.Abstractions.Channels;

/// <summary>Fetches pictures to compare them. Called by workers only, never by a product or store grain.</summary>
public interface IPictureReader
{
    /// <summary>Fetches one picture and hashes its bytes. What goes wrong is in the answer; it never throws for what the address did.</summary>
    Task<PictureReading> ReadAsync(PictureToRead picture, CancellationToken cancellationToken);
}
