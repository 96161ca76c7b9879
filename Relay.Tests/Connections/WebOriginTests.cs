using Cecelia.Relay.Hosting;
using Cecelia.Relay.Http;

namespace Cecelia.Relay.Tests.Connections;

/// <summary>Origins in headers and in the setting: only the form that a browser sends is accepted.</summary>
public sealed class WebOriginTests
{
    [Theory]
    [InlineData("https://page.example", "https://page.example")]
    [InlineData("HTTPS://Page.Example:443", "https://page.example")]
    [InlineData("http://page.example:443", "http://page.example:443")]
    [InlineData("http://127.0.0.1:3000", "http://127.0.0.1:3000")]
    [InlineData("http://[0:0::1]:3000", "http://[::1]:3000")]
    [InlineData("tauri://localhost", "tauri://localhost")]
    [InlineData("chrome-extension://abcdef", "chrome-extension://abcdef")]
    public void Origin_is_normalized(string text, string canonical)
    {
        Assert.True(WebOrigin.TryParse(text, out WebOrigin origin));
        Assert.Equal(canonical, origin.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("file://")]
    [InlineData("://localhost")]
    [InlineData("http:localhost")]
    [InlineData("http://")]
    [InlineData("http://user@localhost")]
    [InlineData("http://user:1@localhost")]
    [InlineData("http://localhost/")]
    [InlineData("http://localhost?x")]
    [InlineData("http://localhost#x")]
    [InlineData("http://local host")]
    [InlineData("http://localhost\\x")]
    [InlineData("http://localhost:")]
    [InlineData("http://localhost:x")]
    [InlineData("http://localhost:+80")]
    [InlineData("http://localhost:99999")]
    [InlineData("http://2130706433")]
    [InlineData("http://0x7f000001")]
    [InlineData("http://0177.0.0.1")]
    [InlineData("http://127.1")]
    [InlineData("http://127.0.0.256")]
    [InlineData("http://[127.0.0.1]")]
    [InlineData("http://[::1")]
    [InlineData("http://::1")]
    [InlineData("http://[::1]x")]
    [InlineData("http://[::1%251]")]
    [InlineData("http://[localhost]")]
    [InlineData("http://a..b")]
    [InlineData("http://.")]
    [InlineData("http://bücher.example")]
    public void Invalid_origin_is_rejected(string text) => Assert.False(WebOrigin.TryParse(text, out _));

    [Theory]
    [InlineData("https://Bücher.example:443, tauri://localhost", "https://xn--bcher-kva.example,tauri://localhost")]
    [InlineData("capacitor://localhost,ionic://localhost", "capacitor://localhost,ionic://localhost")]
    [InlineData("http://bücher.example:8080", "http://xn--bcher-kva.example:8080")]
    [InlineData("http://[::1]:8080", "http://[::1]:8080")]
    [InlineData("*", "*")]
    [InlineData("", "")]
    public void Setting_accepts_origins_of_any_scheme_and_normalizes_them(string text, string canonical)
    {
        Setting setting = Settings.All.Single(setting => setting.Name == "ALLOWED_ORIGINS");

        Assert.Equal(canonical, setting.Read(setting.Apply(new RelayOptions(), text)));
    }

    [Theory]
    [InlineData("https://page.example/")]
    [InlineData("https://page.example/x")]
    [InlineData("https://anna@page.example")]
    [InlineData("page.example")]
    [InlineData("null")]
    [InlineData("file://x")]
    [InlineData("https://page.example,*")]
    [InlineData("https://*.example")]
    public void Invalid_allowed_origins_setting_is_an_error(string text) =>
        Assert.Throws<FormatException>(() => Settings.All.Single(setting => setting.Name == "ALLOWED_ORIGINS").Apply(new RelayOptions(), text));
}
