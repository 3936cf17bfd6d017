using ActorSync.Web.Tests.Hub;
using Microsoft.Playwright;

namespace ActorSync.Web.Tests.Browser;

/// <summary>The live page in a real browser: Debian's Chromium, driven by Playwright.</summary>
public sealed class DashboardTests(TestHub hub) : IAsyncLifetime
{
    private static readonly string? Chromium = new[] { Environment.GetEnvironmentVariable("ACTORSYNC_CHROMIUM"), "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome" }
        .FirstOrDefault(p => !string.IsNullOrEmpty(p) && File.Exists(p));

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async ValueTask InitializeAsync()
    {
        if (Chromium is not null)
        {
            _playwright = await Playwright.CreateAsync();
            _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
            {
                ExecutablePath = Chromium,
                Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
            });
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
    }

    [Fact]
    public async Task Page_AfterSignIn_ShowsAChangeWithoutReloadAndLetsItBeEdited()
    {
        var channel = await hub.ConnectAsync("Live shop");
        var page = await SignedInAsync(1440, 900, ColorScheme.Light);
        var errors = Watch(page);
        await page.GotoAsync("/?q=Browser+lamp");
        await Expect(page.Locator("#products .empty")).ToContainTextAsync("No product fits this filter");
        await Expect(page.Locator("#live")).ToHaveAttributeAsync("data-state", "on");

        await TellAsync(channel, "Browser lamp", 20, 100, "b1");

        var row = page.Locator("#products tbody tr");
        await Expect(row).ToHaveCountAsync(1);
        await Expect(row).ToContainTextAsync("20.00 EUR");
        await Expect(row.Locator(".mark").First).ToBeVisibleAsync();
        await TellAsync(channel, "Browser lamp", 21, 200, "b2");
        await Expect(row).ToContainTextAsync("21.00 EUR");
        // Other tests of this hub may have changed something after it: it is in the list, not necessarily on top.
        await Expect(page.Locator("#changes li", new() { HasText = "Browser lamp" }).First).ToBeVisibleAsync();

        await row.Locator("th a").ClickAsync();
        await Expect(page.Locator("h1")).ToHaveTextAsync("Browser lamp");
        await page.GetByLabel("Name in the hub").FillAsync("Browser lamp, renamed");
        await page.Locator("form.inline[data-field=name] button").ClickAsync();
        await Expect(page.Locator("h1")).ToHaveTextAsync("Browser lamp, renamed");
        await Expect(page.Locator("#say")).ToContainTextAsync("Saved");
        await ShootAsync(page, "product-1440-light");
        Assert.Empty(errors);
    }

    [Theory]
    [InlineData(1440, ColorScheme.Light)]
    [InlineData(1440, ColorScheme.Dark)]
    [InlineData(390, ColorScheme.Light)]
    [InlineData(390, ColorScheme.Dark)]
    public async Task Page_OnDesktopAndPhone_NeedsNoSidewaysScroll(int width, ColorScheme scheme)
    {
        await hub.ConnectAsync("A shop with quite a long name");
        var product = await hub.CreateAsync(new { name = "A product with a name so long that no phone shows it in one line without breaking it somewhere", sku = $"WIDE-{width}-{scheme}", price = 1234.5 });
        var page = await SignedInAsync(width, 900, scheme);
        var errors = Watch(page);

        foreach (var path in new[] { "/", "/login", $"/products/{product}" })
        {
            await page.GotoAsync(path);
            Assert.Equal(width, await page.EvaluateAsync<int>("() => Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)"));
        }

        // A squeezed column breaks words letter by letter: the button then stands several lines high.
        Assert.InRange((await page.Locator("form.inline[data-field=name] button").BoundingBoxAsync())!.Height, 20, 50);
        await ShootAsync(page, $"product-{width}-{scheme}".ToLowerInvariant());
        await page.GotoAsync("/");
        Assert.Equal(1, await page.Locator("h2", new PageLocatorOptions { HasTextString = "Products" }).CountAsync());
        await ShootAsync(page, $"home-{width}-{scheme}".ToLowerInvariant());
        Assert.Empty(errors);
    }

    [Fact]
    public async Task Page_Paused_StaysAsItIsUntilItGoesOn()
    {
        var channel = await hub.ConnectAsync("Paused shop");
        var page = await SignedInAsync(1440, 900, ColorScheme.Light);
        await page.GotoAsync("/?q=Paused+cup");
        await Expect(page.Locator("#live")).ToHaveAttributeAsync("data-state", "on");
        await page.Keyboard.PressAsync("p");
        await Expect(page.Locator("#live")).ToHaveTextAsync("Paused");

        await TellAsync(channel, "Paused cup", 5, 100, "p1");
        await TestHub.UntilAsync(() => hub.Viewer.GetJsonAsync("/api/products?q=Paused+cup"), p => p.GetProperty("items").GetArrayLength() == 1);

        await Expect(page.Locator("#products .empty")).ToBeVisibleAsync();
        await page.Keyboard.PressAsync("p");
        await Expect(page.Locator("#products tbody tr")).ToHaveCountAsync(1);
    }

    [Fact]
    public async Task Docs_Page_ShowsTheRoutesFromThisProcessAlone()
    {
        var page = await SignedInAsync(1300, 900, ColorScheme.Light);
        var errors = Watch(page);

        await page.GotoAsync("/docs/");

        await Expect(page.GetByRole(AriaRole.Link, new PageGetByRoleOptions { Name = "Introduction" })).ToBeVisibleAsync(new LocatorAssertionsToBeVisibleOptions { Timeout = 20_000 });
        await Expect(page.GetByText("Product sync").First).ToBeVisibleAsync();
        await ShootAsync(page, "docs");
        Assert.Empty(errors);
    }

    private async Task TellAsync(string channel, string name, decimal price, long version, string key)
    {
        var body = System.Text.Json.JsonSerializer.Serialize(new { id = "x1", name, sku = $"B-{channel}", price, version });
        (await hub.Anonymous.SendAsync(TestHub.Delivery($"/webhooks/{TestShop.Kind}/{channel}", body, key))).EnsureSuccessStatusCode();
    }

    private async Task<IPage> SignedInAsync(int width, int height, ColorScheme scheme)
    {
        Assert.SkipWhen(_browser is null, "No Chromium on this machine: apt-get install chromium, or name one in ACTORSYNC_CHROMIUM.");
        var context = await _browser!.NewContextAsync(new BrowserNewContextOptions { BaseURL = hub.Address.ToString(), ViewportSize = new ViewportSize { Width = width, Height = height }, ColorScheme = scheme });
        var page = await context.NewPageAsync();
        await page.GotoAsync("/");
        await page.GetByLabel("API key").FillAsync(hub.AdminKey);
        await page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Sign in" }).ClickAsync();
        await Expect(page.Locator("#products-title")).ToBeVisibleAsync();
        return page;
    }

    private static List<string> Watch(IPage page)
    {
        var errors = new List<string>();
        page.PageError += (_, error) => errors.Add(error);
        page.Console += (_, message) =>
        {
            if (message.Type == "error")
            {
                errors.Add(message.Text);
            }
        };
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith(new Uri(page.Url) is { Scheme: "http" } url ? url.GetLeftPart(UriPartial.Authority) : "http", StringComparison.Ordinal))
            {
                errors.Add("loaded from elsewhere: " + request.Url);
            }
        };
        return errors;
    }

    /// <summary>Keeps a picture where ACTORSYNC_SCREENSHOTS says.</summary>
    private static async Task ShootAsync(IPage page, string name)
    {
        if (Environment.GetEnvironmentVariable("ACTORSYNC_SCREENSHOTS") is { Length: > 0 } folder)
        {
            await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, name + ".png"), FullPage = true });
        }
    }

    private static ILocatorAssertions Expect(ILocator locator) => Assertions.Expect(locator);
}
