package shop.web;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.net.httpserver.HttpServer;
import com.zaxxer.hikari.HikariDataSource;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import shop.orders.Orders;
import shop.orders.Pool;

class OrderHandlerIT {
    private static HikariDataSource database;
    private static HttpServer server;

    @BeforeAll
    static void start() throws Exception {
        database = Pool.open();
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/orders/", new OrderHandler(new Orders(database)));
        server.start();
    }

    @AfterAll
    static void stop() {
        server.stop(0);
        database.close();
    }

    private static HttpResponse<String> get(String id) throws Exception {
        URI uri = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/orders/" + id);
        return HttpClient.newHttpClient().send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void showsAnOrder() throws Exception {
        long id = new Orders(database).place("web", null, null, List.of());
        HttpResponse<String> answer = get(String.valueOf(id));
        assertEquals(200, answer.statusCode());
        assertEquals("web new\n", answer.body());
    }

    @Test
    void doesNotKnowEveryOrder() throws Exception {
        assertEquals(404, get("1").statusCode());
    }

    @Test
    void refusesWhatIsNoNumber() throws Exception {
        assertEquals(400, get("x").statusCode());
    }
}
