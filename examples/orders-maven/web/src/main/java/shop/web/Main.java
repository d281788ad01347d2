package shop.web;

import com.sun.net.httpserver.HttpServer;
import com.zaxxer.hikari.HikariDataSource;
import java.io.IOException;
import java.net.InetSocketAddress;
import shop.orders.Orders;
import shop.orders.Pool;

/** Serves orders over HTTP on port 8080. */
public final class Main {
    private Main() {}

    public static void main(String[] args) throws IOException {
        if (args.length == 1 && args[0].equals("--selfcheck")) {
            System.out.println("orders: ready to serve, Java " + Runtime.version().feature());
            return;
        }
        HikariDataSource database = Pool.open();
        HttpServer server = HttpServer.create(new InetSocketAddress(8080), 0);
        server.createContext("/orders/", new OrderHandler(new Orders(database)));
        server.start();
    }
}
