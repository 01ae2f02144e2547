"""Order events that give stock back: every line is a hint, as Saleor's own stock events name wrong lines.

A cancelled order of three lines fires "back in stock" for the last line only, whichever came back
(saleor.md section 6.3).
"""

EVENTS = {
    "order_cancelled": "OrderCancelled",
    "order_expired": "OrderExpired",
}
