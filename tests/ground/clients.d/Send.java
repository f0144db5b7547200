// java.net.http.HttpClient, as it comes (it offers HTTP/2 in its first request): lines, and a publisher of unknown length.
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;

public class Send {
    static final HttpClient client = HttpClient.newHttpClient();

    static void send(String how, String url, BodyPublisher body, String... headers) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(url)).POST(body);
        if (headers.length > 0) {
            request.headers(headers);
        }
        var reply = client.send(request.build(), BodyHandlers.ofString());
        System.out.println(how + ": " + reply.statusCode() + " " + reply.body().strip());
    }

    public static void main(String[] args) throws Exception {
        System.out.println("version " + System.getProperty("java.version"));
        String url = args[0] + "/trips";
        byte[] lines = Files.readAllBytes(Path.of(args[1]));
        send("lines", url, BodyPublishers.ofByteArray(lines), "Content-Type", "application/x-ndjson");
        send("lines, chunked", url, BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(lines)), "Content-Type", "application/x-ndjson");
        send("without a Content-Type, refused", url, BodyPublishers.ofByteArray(lines));
    }
}
