-- Products and how many of each are in the warehouse.

CREATE SEQUENCE products_seq START WITH 1 INCREMENT BY 1;

CREATE TABLE products (
  id    NUMBER(10)          NOT NULL,
  sku   VARCHAR2(20 CHAR)   NOT NULL,
  name  VARCHAR2(100 CHAR)  NOT NULL,
  price NUMBER(12,2)        NOT NULL,
  stock NUMBER(9)           DEFAULT 0 NOT NULL,
  CONSTRAINT products_pk PRIMARY KEY (id),
  CONSTRAINT products_sku_uk UNIQUE (sku),
  CONSTRAINT products_price_ck CHECK (price >= 0),
  CONSTRAINT products_stock_ck CHECK (stock >= 0)
);
