package shop.orders;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;

/** Opens the pool of connections that the environment names. */
public final class Pool {
    private Pool() {}

    /** Reads ORACLE_JDBC_URL, ORACLE_USER and ORACLE_PASSWORD. */
    public static HikariDataSource open() {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(need("ORACLE_JDBC_URL"));
        config.setUsername(need("ORACLE_USER"));
        config.setPassword(need("ORACLE_PASSWORD"));
        config.setMaximumPoolSize(4);
        config.setConnectionTimeout(10_000);
        return new HikariDataSource(config);
    }

    private static String need(String name) {
        String value = System.getProperty(name, System.getenv(name));
        if (value == null || value.isEmpty()) {
            throw new IllegalStateException(name + " is not set: the database is named by the environment");
        }
        return value;
    }
}
