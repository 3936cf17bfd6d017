namespace ActorSync.Sandbox.JtlFfn;

/// <summary>Orders and what they do to stock: pending reserves, canceled gives back, shipped takes away.</summary>
public sealed class FfnOutbounds(FfnState state, FfnLedger ledger, FfnSettings settings)
{
    private const int MostPackages = 50;
    private static readonly string[] ShippingTypes = ["Standard", "Expedited", "NextDay", "SecondDay", "SameDay", "ByShippingLabelProvider"];
    private static readonly string[] ItemTypes = ["Product", "Shipping", "Other", "BillOfMaterials"];
    private static readonly string[] Stops = [OutboundStatus.Pending, OutboundStatus.Acknowledged, OutboundStatus.Pickprocess, OutboundStatus.PartiallyShipped];
    private DateTimeOffset createdLast;

    /// <param name="request">As sent.</param>
    /// <param name="oversale">More may be ordered than there is; available then falls below zero.</param>
    /// <param name="author">Whose order it is.</param>
    public FfnOutbound Create(OutboundRequest request, bool oversale, Author author)
    {
        CheckForm(request);
        var now = state.Now;
        if (now < createdLast + settings.Values.CreationLock)
        {
            throw FfnErrors.CreationIsLocked.With("The creation of another outbound is not finished", ("MerchantOutboundNumber", request.MerchantOutboundNumber!));
        }

        CheckReferences(request);
        var items = request.Items!.Select(i => Item(i, request.WarehouseId!)).ToList();
        var reserves = request.Status != OutboundStatus.Preparation;
        if (reserves && !oversale)
        {
            CheckStock(items, request.WarehouseId!);
        }

        var id = request.OutboundId;
        while (id is null || (request.OutboundId is null && state.Outbound(id) is not null))
        {
            id = FfnIds.Numbered(FfnIds.Outbound, state.Next("outbound"));
        }

        var outbound = new FfnOutbound
        {
            OutboundId = id,
            MerchantOutboundNumber = request.MerchantOutboundNumber!,
            WarehouseId = request.WarehouseId!,
            Status = reserves ? OutboundStatus.Pending : OutboundStatus.Preparation,
            Request = request with { Items = null },
            Items = items,
            CreatedAt = now,
        };
        outbound = At(outbound, outbound.Status, "New", author);
        state.Put(outbound);
        if (reserves)
        {
            Move(outbound, FfnLedger.Reservation, outbound.Items, (Available: -1, Reserved: 1), author);
        }

        createdLast = now;
        return outbound;
    }

    /// <summary>What the merchant may do: release what was in preparation, cancel what is not being picked yet.</summary>
    public FfnOutbound ChangeStatus(string id, string? status, string? reasonCode, string? reason, Author author)
    {
        var outbound = Known(id);
        if (status is null || !OutboundStatus.All.Contains(status))
        {
            throw FfnErrors.Invalid("status", $"status is '{status}' but must be one of {string.Join(", ", OutboundStatus.All)}.");
        }

        return (outbound.Status, status) switch
        {
            (OutboundStatus.Preparation, OutboundStatus.Pending) => Release(outbound, author),
            (OutboundStatus.Preparation or OutboundStatus.Pending or OutboundStatus.Acknowledged, OutboundStatus.Canceled) => Cancel(outbound, reasonCode, reason, author),
            _ => throw Forbidden(outbound, status),
        };
    }

    /// <summary>What the fulfiller does on the way to shipping: acknowledge, pick, lock.</summary>
    public FfnOutbound Advance(string id, string status, Author author)
    {
        var outbound = Known(id);
        var isAllowed = status == OutboundStatus.Locked
            ? outbound.Reserves && outbound.Status != OutboundStatus.Locked
            : Array.IndexOf(Stops, status) > Array.IndexOf(Stops, outbound.Status) && outbound.Reserves && outbound.Status != OutboundStatus.PartiallyShipped;
        if (!isAllowed)
        {
            throw Forbidden(outbound, status);
        }

        var changed = At(outbound, status, "Modified", author);
        state.Put(changed);
        return changed;
    }

    /// <summary>The fulfiller gives up what is still open, at any time.</summary>
    public FfnOutbound Abandon(string id, string? reason, Author author)
    {
        var outbound = Known(id);
        return outbound.IsOver ? throw Forbidden(outbound, OutboundStatus.Canceled) : Cancel(outbound, "Other", reason, author);
    }

    /// <param name="id">Of the outbound.</param>
    /// <param name="wanted">Quantities by item id; null ships all that is open.</param>
    /// <param name="packages">In how many packages.</param>
    /// <param name="author">Who ships.</param>
    public ShippingNotification Ship(string id, IReadOnlyDictionary<string, decimal>? wanted, int packages, Author author)
    {
        var outbound = Known(id);
        if (!outbound.Reserves || outbound.Status == OutboundStatus.Locked)
        {
            throw Forbidden(outbound, OutboundStatus.Shipped);
        }

        if (packages is < 1 or > MostPackages)
        {
            throw FfnErrors.Invalid("packages", $"packages is {packages} but must be from 1 to {MostPackages}.");
        }

        var shipped = new List<FfnOutboundItem>();
        foreach (var item in outbound.Items.Where(i => i.Jfsku is not null && i.QuantityOpen > 0))
        {
            var quantity = wanted is null ? item.QuantityOpen : wanted.GetValueOrDefault(item.OutboundItemId);
            if (quantity < 0 || quantity > item.QuantityOpen)
            {
                throw FfnErrors.Invalid("items", $"{quantity} of item '{item.OutboundItemId}' cannot be shipped: {item.QuantityOpen} are open.");
            }

            FfnLedger.CheckUnits(state.Product(item.Jfsku!)!, outbound.WarehouseId, new Amounts(0, quantity, 0, 0));
            if (quantity > 0)
            {
                shipped.Add(item with { QuantityOpen = quantity });
            }
        }

        if (shipped.Count == 0 && wanted is not null)
        {
            throw FfnErrors.Invalid("items", "Nothing of what is named is open.");
        }

        List<FfnOutboundItem> left = [.. outbound.Items.Select(i => shipped.Find(s => s.OutboundItemId == i.OutboundItemId) is { } s ? i with { QuantityOpen = i.QuantityOpen - s.QuantityOpen } : i)];
        var isDone = left.TrueForAll(i => i.Jfsku is null || i.QuantityOpen == 0);
        var number = state.Next("notification");
        var after = At(outbound with { Items = isDone ? [.. left.Select(i => i with { QuantityOpen = 0 })] : left }, isDone ? OutboundStatus.Shipped : OutboundStatus.PartiallyShipped, "Modified", author);
        var notification = new ShippingNotification
        {
            Id = FfnIds.Numbered(FfnIds.Notification, number),
            Number = $"LS-{number:D5}",
            OutboundId = id,
            OutboundStatus = after.Status,
            Items = [.. shipped.Select(s => new ShippedItem(s.OutboundItemId, s.Jfsku!, s.QuantityOpen))],
            Packages = [.. Enumerable.Range(1, packages).Select(p => new ShippedPackage(MethodOf(outbound).Id, $"TR{number:D6}{p:D2}"))],
            At = after.ChangedAt,
            Author = author,
        };
        state.Put(after);
        state.Put(notification);
        Move(outbound, FfnLedger.Delivery, shipped, (Available: 0, Reserved: -1), author, notification.Id);
        return notification;
    }

    public static FfnShippingMethod MethodOf(FfnOutbound outbound) =>
        FfnIds.ShippingMethods.FirstOrDefault(m => m.Id == outbound.Request.ShippingMethodId || m.ShippingType == outbound.Request.ShippingType) ?? FfnIds.ShippingMethods[0];

    private FfnOutbound Known(string id) => state.Outbound(id) ?? throw FfnErrors.OutboundNotFound.With("Outbound not found");

    private FfnOutbound Release(FfnOutbound outbound, Author author)
    {
        CheckStock(outbound.Items, outbound.WarehouseId);
        var released = At(outbound, OutboundStatus.Pending, "Modified", author);
        state.Put(released);
        Move(released, FfnLedger.Reservation, released.Items, (Available: -1, Reserved: 1), author);
        return released;
    }

    private FfnOutbound Cancel(FfnOutbound outbound, string? reasonCode, string? reason, Author author)
    {
        var status = outbound.Items.Any(i => i.QuantityOpen < i.Quantity) ? OutboundStatus.PartiallyCanceled : OutboundStatus.Canceled;
        var canceled = At(outbound with { CancelReasonCode = reasonCode, CancelReason = reason, Items = [.. outbound.Items.Select(i => i with { QuantityOpen = 0 })] }, status, "Modified", author);
        state.Put(canceled);
        if (outbound.Reserves)
        {
            Move(outbound, FfnLedger.ReservationCanceled, outbound.Items.Where(i => i.QuantityOpen > 0), (Available: 1, Reserved: -1), author);
        }

        return canceled;
    }

    private void Move(FfnOutbound outbound, string changeType, IEnumerable<FfnOutboundItem> items, (int Available, int Reserved) sign, Author author, string? notificationId = null)
    {
        foreach (var item in items.Where(i => i.Jfsku is not null))
        {
            ledger.Write(item.Jfsku!, outbound.WarehouseId, changeType, new Amounts(sign.Available * item.QuantityOpen, sign.Reserved * item.QuantityOpen, 0, 0), author, new StockCause
            {
                OutboundId = outbound.OutboundId,
                OutboundNumber = outbound.MerchantOutboundNumber,
                OutboundItemId = item.OutboundItemId,
                NotificationId = notificationId,
            });
        }
    }

    private static void CheckForm(OutboundRequest request)
    {
        var problems = new List<(string, string?)>();
        void Require(bool isGood, string target, string message)
        {
            if (!isGood)
            {
                problems.Add((message, target));
            }
        }

        Require(request.MerchantOutboundNumber is { Length: >= 1 and <= 255 }, "merchantOutboundNumber", "merchantOutboundNumber is required, 1 to 255 characters.");
        Require(request.WarehouseId is { Length: >= 14 and <= 255 }, "warehouseId", "warehouseId is required, 14 to 255 characters.");
        Require(request.Currency is { Length: 3 }, "currency", "currency is required, three letters.");
        Require(request.OutboundId is null || FfnIds.IsOutbound(request.OutboundId), "outboundId", $"outboundId is '{request.OutboundId}' but must have 7 to 16 letters and digits and begin with {FfnIds.Outbound}.");
        Require(request.Status is null or OutboundStatus.Preparation or OutboundStatus.Pending, "status", $"status is '{request.Status}' but must be Preparation or Pending.");
        Require(request.Priority is null or (>= -5 and <= 5), "priority", "priority must be from -5 to 5.");
        Require(request.ShippingType is null || ShippingTypes.Contains(request.ShippingType), "shippingType", $"shippingType is '{request.ShippingType}' but must be one of {string.Join(", ", ShippingTypes)}.");
        Require(request.ShippingAddress is { Street: not null, City: not null, Country.Length: 2 }, "shippingAddress", "shippingAddress needs street, city and a country of two letters.");
        Require(request.ShippingAddress is null or not { Company: null, Lastname: null }, "shippingAddress", "shippingAddress needs company or lastname.");
        Require(request.Items is { Count: > 0 }, "items", "items must have at least one item.");
        foreach (var item in request.Items ?? [])
        {
            Require(item.OutboundItemId is { Length: > 0 }, "items.outboundItemId", "Every item needs an outboundItemId.");
            Require(item.Quantity > 0, "items.quantity", "Every item needs a quantity above zero.");
            Require(item.ItemType is null || ItemTypes.Contains(item.ItemType), "items.itemType", $"itemType is '{item.ItemType}' but must be one of {string.Join(", ", ItemTypes)}.");
        }

        if (problems.Count > 0)
        {
            throw FfnErrors.Invalid(problems);
        }
    }

    private void CheckReferences(OutboundRequest request)
    {
        if (request.OutboundId is { } wanted && state.Outbound(wanted) is { Status: not OutboundStatus.Canceled })
        {
            throw FfnErrors.OutboundExists.With($"Not canceled Outbound '{wanted}' already exists", ("OutboundId", wanted));
        }

        if (request is { ShippingMethodId: not null, ShippingType: not null })
        {
            throw FfnErrors.BothShippings.With("Only provide shippingType or shippingMethodId, not both");
        }

        var duplicates = request.Items!.GroupBy(i => i.OutboundItemId, StringComparer.Ordinal).Where(g => g.Count() > 1).Select(g => g.Key).ToList();
        if (duplicates.Count > 0)
        {
            throw FfnErrors.DuplicateItemIds.With($"Duplicate items: '{string.Join(',', duplicates)}'", ("Ids", string.Join(',', duplicates)));
        }

        if (FfnIds.Warehouse(request.WarehouseId) is null)
        {
            throw FfnErrors.NoWarehouse(FfnErrors.OrderedWarehouseNotFound, request.WarehouseId);
        }

        if (request.ShippingMethodId is { } method && FfnIds.ShippingMethods.All(m => m.Id != method))
        {
            throw FfnErrors.OrderedShippingMethodNotFound.With($"Shipping method '{method}' not found", ("ShippingMethodId", method));
        }

        if (request.ShippingType is { } type && FfnIds.ShippingMethods.All(m => m.ShippingType != type))
        {
            throw FfnErrors.NoMethodOfShippingType.With($"Could not find any authorized shippingMethod for shipping type '{type}'", ("ShippingType", type));
        }
    }

    private FfnOutboundItem Item(OutboundItemRequest item, string warehouseId)
    {
        var type = item.ItemType ?? "Product";
        FfnProduct? product = null;
        if (type is "Product" or "BillOfMaterials")
        {
            var name = item.Jfsku ?? item.MerchantSku ?? "";
            product = (item.Jfsku is not null ? state.Product(item.Jfsku) : state.BySku(name)) ?? throw FfnErrors.NoProduct(FfnErrors.OrderedProductNotFound, name);
            if (!product.IsActive)
            {
                throw FfnErrors.NotActive(FfnErrors.OrderedProductNotActive, product.Jfsku);
            }

            if (product.AuthorizedAt is null)
            {
                throw FfnErrors.AuthorizationMissing.With($"Authorization for fulfiller '{FfnIds.Fulfiller}' does not exist", ("MerchantId", FfnIds.Merchant), ("FulfillerId", FfnIds.Fulfiller), ("Jfsku", product.Jfsku));
            }

            FfnLedger.CheckUnits(product, warehouseId, new Amounts(item.Quantity!.Value, 0, 0, 0));
        }

        return new FfnOutboundItem
        {
            OutboundItemId = item.OutboundItemId!,
            Jfsku = product?.Jfsku,
            ItemType = type,
            Quantity = item.Quantity!.Value,
            QuantityOpen = item.Quantity.Value,
            Name = item.Name ?? product?.Data.Name,
            MerchantSku = product?.Data.MerchantSku ?? item.MerchantSku,
            ExternalNumber = item.ExternalNumber,
            Price = item.Price,
            Vat = item.Vat,
            Note = item.Note,
        };
    }

    private void CheckStock(IReadOnlyList<FfnOutboundItem> items, string warehouseId)
    {
        foreach (var product in items.Where(i => i.Jfsku is not null).GroupBy(i => i.Jfsku!, StringComparer.Ordinal))
        {
            if (state.Levels(product.Key, warehouseId).Available < product.Sum(i => i.QuantityOpen))
            {
                throw FfnLedger.NotEnough(product.Key, warehouseId);
            }
        }
    }

    private FfnOutbound At(FfnOutbound outbound, string status, string objectState, Author author)
    {
        var now = state.Now;
        return outbound with
        {
            Status = status,
            StatusTimestamp = new Dictionary<string, DateTimeOffset>(outbound.StatusTimestamp) { [char.ToLowerInvariant(status[0]) + status[1..]] = now },
            History = [.. outbound.History, new Modification(now, objectState, author.Application, author.User)],
        };
    }

    private static FfnRefusedException Forbidden(FfnOutbound outbound, string status) =>
        FfnErrors.StatusChangeForbidden.With($"Outbound transition from status '{outbound.Status}' to '{status}' is not allowed", ("From", outbound.Status), ("To", status));
}
