package shop.orders;

/** A product and how many of it are in the warehouse. */
public record Product(long id, String sku, String name, Money price, int stock) {}
