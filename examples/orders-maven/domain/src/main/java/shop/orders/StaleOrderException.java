package shop.orders;

/** The order was changed by somebody else since it was read. */
public class StaleOrderException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public StaleOrderException(long id) {
        super("order " + id + " was changed meanwhile");
    }
}
