"""The whole of its API."""

from django.urls import path
from rest_framework import generics, serializers

from bench.peers.stock.models import Picture
from bench.peers.stock.tasks import read_picture


class PictureSerializer(serializers.ModelSerializer):
    """What goes in and out."""

    class Meta:
        model = Picture
        fields = ["id", "image", "status", "text", "confidence", "created_at"]
        read_only_fields = ["status", "text", "confidence"]


class Pictures(generics.ListCreateAPIView):
    """POST takes a picture and sends a task."""

    serializer_class = PictureSerializer

    def get_queryset(self):
        return Picture.objects.filter(owner=self.request.user)

    def perform_create(self, serializer):
        picture = serializer.save(owner=self.request.user)
        read_picture.delay(picture.pk)


class OnePicture(generics.RetrieveAPIView):
    """GET tells how far it is."""

    serializer_class = PictureSerializer

    def get_queryset(self):
        return Picture.objects.filter(owner=self.request.user)


urlpatterns = [path("pictures/", Pictures.as_view()), path("pictures/<int:pk>/", OnePicture.as_view())]
