using System.Globalization;
using System.Text;
using Cecelia.Relay.Events;
using CsCheck;

namespace Cecelia.Relay.Tests.Events;

public class Rfc3339Tests
{
    [Theory]
    [InlineData("1970-01-01T00:00:00Z", 0)]
    [InlineData("1970-01-01T00:00:00.001Z", 1)]
    [InlineData("1969-12-31T23:59:59.999Z", -1)]
    [InlineData("2026-02-06T08:30:00.000Z", 1_770_366_600_000)]
    [InlineData("2026-02-06t08:30:00z", 1_770_366_600_000)]
    [InlineData("2026-02-06 08:30:00Z", 1_770_366_600_000)]
    [InlineData("2026-02-06T08:30:00", 1_770_366_600_000)]
    [InlineData("2026-02-06 08:30:00.5", 1_770_366_600_500)]
    [InlineData("2026-02-06T08:30:00.123456", 1_770_366_600_123)]
    [InlineData("2026-02-06T08:30:00.999999999Z", 1_770_366_600_999)]
    [InlineData("2026-02-06T16:30:00+08:00", 1_770_366_600_000)]
    [InlineData("2026-02-06T03:00:00.25-05:30", 1_770_366_600_250)]
    [InlineData("2026-02-06T08:30:00-00:00", 1_770_366_600_000)]
    [InlineData("2026-02-07T08:29:00+23:59", 1_770_366_600_000)]
    [InlineData("2016-12-31T23:59:60Z", 1_483_228_800_000)]
    [InlineData("2024-02-29T00:00:00Z", 1_709_164_800_000)]
    [InlineData("2000-02-29T00:00:00Z", 951_782_400_000)]
    [InlineData("0001-01-01T00:00:00Z", -62_135_596_800_000)]
    [InlineData("0000-01-01T00:00:00Z", -62_167_219_200_000)]
    [InlineData("9999-12-31T23:59:59.999Z", 253_402_300_799_999)]
    public void Parser_valid_time_gives_its_milliseconds(string text, long expected)
    {
        Assert.True(Rfc3339.TryParse(Encoding.UTF8.GetBytes(text), out long actual));
        Assert.Equal(expected, actual);
    }

    [Theory]
    [InlineData("")]
    [InlineData("2026")]
    [InlineData("2026-02-06")]
    [InlineData("2026-02-06T08:30")]
    [InlineData("2026-02-06T08:30Z")]
    [InlineData("2026-2-6T8:30:00Z")]
    [InlineData("20260206T083000Z")]
    [InlineData("2026/02/06T08:30:00Z")]
    [InlineData("2026-02-06_08:30:00Z")]
    [InlineData("2026-02-06T08.30.00Z")]
    [InlineData("2026-00-06T08:30:00Z")]
    [InlineData("2026-13-06T08:30:00Z")]
    [InlineData("2026-02-00T08:30:00Z")]
    [InlineData("2026-02-29T08:30:00Z")]
    [InlineData("1900-02-29T08:30:00Z")]
    [InlineData("2026-04-31T08:30:00Z")]
    [InlineData("2026-01-32T08:30:00Z")]
    [InlineData("2026-02-06T24:00:00Z")]
    [InlineData("2026-02-06T08:60:00Z")]
    [InlineData("2026-02-06T08:30:61Z")]
    [InlineData("2026-02-06T08:30:00.Z")]
    [InlineData("2026-02-06T08:30:00.")]
    [InlineData("2026-02-06T08:30:00,5Z")]
    [InlineData("2026-02-06T08:30:00.5.5Z")]
    [InlineData("2026-02-06T08:30:00ZZ")]
    [InlineData("2026-02-06T08:30:00X")]
    [InlineData("2026-02-06T08:30:00 Z")]
    [InlineData("2026-02-06T08:30:00+8:00")]
    [InlineData("2026-02-06T08:30:00+0800")]
    [InlineData("2026-02-06T08:30:00+08")]
    [InlineData("2026-02-06T08:30:00+24:00")]
    [InlineData("2026-02-06T08:30:00+08:60")]
    [InlineData("2026-02-06T08:30:00Z+08:00")]
    [InlineData("+2026-02-06T08:30:00Z")]
    [InlineData("-026-02-06T08:30:00Z")]
    [InlineData("２０２６-02-06T08:30:00Z")]
    public void Parser_other_text_is_rejected(string text) => Assert.False(Rfc3339.TryParse(Encoding.UTF8.GetBytes(text), out _));

    [Fact]
    public void Writer_and_parser_agree_with_the_framework_for_every_year()
    {
        Gen.Long[-62_135_596_800_000, 253_402_300_799_999].Sample(
            ms =>
            {
                Span<byte> written = stackalloc byte[Rfc3339.Length];
                Rfc3339.Write(ms, written);

                string expected = DateTimeOffset.FromUnixTimeMilliseconds(ms).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
                Assert.Equal(expected, Encoding.UTF8.GetString(written));
                Assert.True(Rfc3339.TryParse(written, out long parsed));
                Assert.Equal(ms, parsed);
            },
            iter: TestLength.Times(20_000));
    }
}
