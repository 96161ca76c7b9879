using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Cecelia.Relay.Bench.Load;

namespace Cecelia.Relay.Bench.Compare;

/// <summary>
/// Measures the memory of idle connections: opens some, then the rest, and divides the growth of the relay's resident memory between the two by the number of
/// connections. So what the first connections load for the first time is not counted.
/// </summary>
/// <param name="relayPath">The relay's executable, or Relay.dll.</param>
/// <param name="redisPort">The port of its Redis on 127.0.0.1.</param>
/// <param name="progress">Shows the number of open connections.</param>
internal sealed class IdleRun(string relayPath, int redisPort, ProgressLine progress)
{
    private const int Parallel = 8;

    /// <summary>Connections for the checks of its start.</summary>
    private const int Spare = 100;

    /// <summary>Number of the first connections, as a fraction of all.</summary>
    private const int FirstOf = 5;

    /// <summary>The relay's heartbeat, tasks and collector have settled by then.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(2);

    /// <summary>Returns the memory of one connection in bytes.</summary>
    /// <exception cref="BenchException">A connection failed.</exception>
    public async Task<double> MeasureAsync(IdleKind kind, CancellationToken cancellationToken)
    {
        string? certificate = kind.IsTls ? WriteCertificate() : null;
        var open = new List<Stream>(kind.Clients);
        try
        {
            using ServerProcess relay = await ServerProcess.StartRelayAsync(
                new RelayStart(relayPath, redisPort) { IsKestrel = kind.IsKestrel, Certificate = certificate, Connections = kind.Clients + Spare },
                cancellationToken);
            int first = kind.Clients / FirstOf;
            await OpenAsync(kind, relay.Port, first, open, cancellationToken);
            await Task.Delay(Settling, cancellationToken);
            long before = ResidentBytes(relay);
            await OpenAsync(kind, relay.Port, kind.Clients - first, open, cancellationToken);
            await Task.Delay(Settling, cancellationToken);
            return (ResidentBytes(relay) - before) / (double)(kind.Clients - first);
        }
        catch (Exception failure) when (failure is SocketException or IOException)
        {
            throw new BenchException($"{kind.Name} {open.Count + 1:N0} of {kind.Clients:N0} could not be opened: {failure.Message}");
        }
        finally
        {
            foreach (Stream stream in open) await stream.DisposeAsync();
            if (certificate is not null) File.Delete(certificate);
        }
    }

    private static long ResidentBytes(ServerProcess relay) => ProcessUse.Of(relay.Id)?.ResidentBytes ?? throw new BenchException("The relay has ended.");

    private async Task OpenAsync(IdleKind kind, int port, int count, List<Stream> open, CancellationToken cancellationToken)
    {
        byte[] request = Encoding.ASCII.GetBytes(kind.Request);
        await System.Threading.Tasks.Parallel.ForAsync(
            0,
            count,
            new ParallelOptions { MaxDegreeOfParallelism = Parallel, CancellationToken = cancellationToken },
            async (_, cancelled) =>
            {
                Stream stream = await OpenAsync(kind, port, request, cancelled);
                lock (open)
                {
                    open.Add(stream);
                    if (open.Count % 100 == 0) progress.Show($"{kind.Name}: {open.Count:N0} of {kind.Clients:N0} open");
                }
            });
    }

    private static async Task<Stream> OpenAsync(IdleKind kind, int port, byte[] request, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, LingerState = new LingerOption(true, 0) };
        Stream? stream = null;
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
            stream = new NetworkStream(socket, ownsSocket: true);
            if (kind.IsTls)
            {
                var secure = new SslStream(stream);
                stream = secure;
                await secure.AuthenticateAsClientAsync(
                    new SslClientAuthenticationOptions
                    {
                        TargetHost = "localhost",
#pragma warning disable CA5359 // The certificate is this program's own.
                        RemoteCertificateValidationCallback = (_, _, _, _) => true,
#pragma warning restore CA5359
                    },
                    cancellationToken);
            }

            await stream.WriteAsync(request, cancellationToken);
            await ReadResponseAsync(stream, cancellationToken);
            return stream;
        }
        catch
        {
            if (stream is null) socket.Dispose();
            else await stream.DisposeAsync();
            throw;
        }
    }

    private static async Task ReadResponseAsync(Stream stream, CancellationToken cancellationToken)
    {
        byte[] response = new byte[4096];
        int length = 0;
        while (response.AsSpan(0, length).IndexOf("\r\n\r\n"u8) < 0)
        {
            int read = await stream.ReadAsync(response.AsMemory(length), cancellationToken);
            if (read == 0) throw new IOException("the relay closed the connection");
            length += read;
        }

        string text = Encoding.UTF8.GetString(response, 0, length);
        if (text.StartsWith("HTTP/1.1 101", StringComparison.Ordinal) || text.StartsWith("HTTP/1.1 200", StringComparison.Ordinal)) return;
        throw new IOException($"the relay answered {text.Split("\r\n")[0]} {text.Split("\r\n\r\n")[1]}");
    }

    private static string WriteCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        using X509Certificate2 certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(30));
        string path = Path.GetTempFileName();
        File.WriteAllText(path, certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem());
        return path;
    }
}
