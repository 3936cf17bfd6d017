using ActorSync.Abstractions.Channels;
using ActorSync.Domain.Products;

namespace ActorSync.TestSupport;

/// <summary>For hubs whose channels have no pictures: asking for one is a mistake of the test.</summary>
internal sealed class NoPictures : IPictureReader
{
    public Task<PictureReading> ReadAsync(PictureToRead picture, CancellationToken cancellationToken) =>
        throw new InvalidOperationException($"No picture is known here, but {picture.Url} was asked for.");
}
