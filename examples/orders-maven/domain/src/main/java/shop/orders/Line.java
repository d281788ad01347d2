package shop.orders;

/** How many of a product an order asks for. */
public record Line(long productId, int quantity) {}
