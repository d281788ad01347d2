package shop.web;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.Optional;
import shop.orders.Order;
import shop.orders.Orders;

/** GET /orders/NUMBER. */
final class OrderHandler implements HttpHandler {
    private final Orders orders;

    OrderHandler(Orders orders) {
        this.orders = orders;
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        String id = exchange.getRequestURI().getPath().substring("/orders/".length());
        try {
            Optional<Order> order = orders.find(Long.parseLong(id));
            if (order.isEmpty()) {
                answer(exchange, 404, "no order " + id);
                return;
            }
            answer(exchange, 200, order.get().customer() + " " + order.get().status());
        } catch (NumberFormatException e) {
            answer(exchange, 400, "not a number: " + id);
        } catch (SQLException e) {
            answer(exchange, 503, "the database failed: ORA-" + e.getErrorCode());
        }
    }

    private static void answer(HttpExchange exchange, int status, String text) throws IOException {
        byte[] body = (text + "\n").getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().add("Content-Type", "text/plain; charset=utf-8");
        exchange.sendResponseHeaders(status, body.length);
        try (exchange) {
            exchange.getResponseBody().write(body);
        }
    }
}
