-- The schema of the orders service. The database runs it when it is ready.

CREATE SEQUENCE products_seq START WITH 1000 INCREMENT BY 1;

CREATE TABLE products (
  id    NUMBER(10)         NOT NULL,
  sku   VARCHAR2(20 CHAR)  NOT NULL,
  name  VARCHAR2(60 CHAR)  NOT NULL,
  price NUMBER(12,2)       NOT NULL,
  stock NUMBER(9)          DEFAULT 0 NOT NULL,
  CONSTRAINT products_pk PRIMARY KEY (id),
  CONSTRAINT products_sku_uk UNIQUE (sku),
  CONSTRAINT products_price_ck CHECK (price >= 0),
  CONSTRAINT products_stock_ck CHECK (stock >= 0)
);

CREATE TABLE orders (
  id        NUMBER(12)                   GENERATED ALWAYS AS IDENTITY (START WITH 100000),
  customer  VARCHAR2(40 CHAR)            NOT NULL,
  status    VARCHAR2(10 CHAR)            DEFAULT 'new' NOT NULL,
  version   NUMBER(6)                    DEFAULT 1 NOT NULL,
  due_on    DATE,
  placed_at TIMESTAMP(6) WITH TIME ZONE  DEFAULT SYSTIMESTAMP NOT NULL,
  changed   TIMESTAMP(6),
  notes     CLOB,
  scan      BLOB,
  CONSTRAINT orders_pk PRIMARY KEY (id),
  CONSTRAINT orders_status_ck CHECK (status IN ('new', 'paid', 'shipped'))
);

CREATE INDEX orders_customer_ix ON orders (customer);

CREATE TABLE order_lines (
  order_id   NUMBER(12)  NOT NULL,
  line_no    NUMBER(4)   NOT NULL,
  product_id NUMBER(10)  NOT NULL,
  quantity   NUMBER(6)   NOT NULL,
  CONSTRAINT order_lines_pk PRIMARY KEY (order_id, line_no),
  CONSTRAINT order_lines_order_fk FOREIGN KEY (order_id) REFERENCES orders (id),
  CONSTRAINT order_lines_product_fk FOREIGN KEY (product_id) REFERENCES products (id),
  CONSTRAINT order_lines_quantity_ck CHECK (quantity > 0)
);
