"""The API."""

from django.urls import path
from rest_framework import generics, serializers

from bench.peers.stock.models import Picture
from bench.peers.stock.tasks import read_picture


class PictureSerializer(serializers.ModelSerializer):
    """A picture with its status and reading."""

    class Meta:
        model = Picture
        fields = ["id", "image", "status", "text", "confidence", "created_at"]
        read_only_fields = ["status", "text", "confidence"]


class Pictures(generics.ListCreateAPIView):
    """List the user's pictures; store a new one and queue its task."""

    serializer_class = PictureSerializer

    def get_queryset(self):
        return Picture.objects.filter(owner=self.request.user)

    def perform_create(self, serializer):
        picture = serializer.save(owner=self.request.user)
        read_picture.delay(picture.pk)


class OnePicture(generics.RetrieveAPIView):
    """Show one picture."""

    serializer_class = PictureSerializer

    def get_queryset(self):
        return Picture.objects.filter(owner=self.request.user)


urlpatterns = [path("pictures/", Pictures.as_view()), path("pictures/<int:pk>/", OnePicture.as_view())]
