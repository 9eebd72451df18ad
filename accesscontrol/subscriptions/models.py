"""Subscriptions: the plan, add-ons, coupons and invoices of an account's licence."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from accesscontrol.accounts.models import Account
from accesscontrol.json_data import BoundedJSONField


class Subscription(models.Model):
    """The licence of one account: its plan, its period and the e-mail that reaches it (access model §6)."""

    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="subscription")
    licence_email = models.EmailField()
    plan = models.CharField(max_length=60)
    price_cents = models.PositiveIntegerField(default=0)
    currency = models.CharField(max_length=3, default="EUR")
    period_starts_at = models.DateTimeField(default=timezone.now)
    period_ends_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.account}: {self.plan}"


class AddOn(models.Model):
    """Something bought beside the plan, such as extra seats; priced per unit."""

    subscription = models.ForeignKey(Subscription, on_delete=models.CASCADE, related_name="add_ons")
    code = models.CharField(max_length=60)
    quantity = models.PositiveIntegerField(default=1)
    unit_price_cents = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["subscription", "code"], name="add_on_once_a_subscription")]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.code}"


class Coupon(models.Model):
    """A discount code and, once redeemed, the subscription it counts for."""

    code = models.CharField(max_length=60, unique=True)
    percent = models.PositiveSmallIntegerField()
    expires_at = models.DateTimeField(null=True, blank=True)
    subscription = models.ForeignKey(
        Subscription, on_delete=models.SET_NULL, null=True, blank=True, related_name="coupons"
    )

    def __str__(self) -> str:
        return self.code


class Invoice(models.Model):
    """What a period cost."""

    subscription = models.ForeignKey(Subscription, on_delete=models.CASCADE, related_name="invoices")
    number = models.CharField(max_length=40, unique=True)
    issued_at = models.DateTimeField(default=timezone.now)
    total_cents = models.PositiveIntegerField()
    lines = BoundedJSONField(default=list)

    def __str__(self) -> str:
        return self.number
