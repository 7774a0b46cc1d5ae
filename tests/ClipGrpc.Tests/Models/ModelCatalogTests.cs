using ClipGrpc.Models.Cards;

namespace ClipGrpc.Tests.Models;

public sealed class ModelCatalogTests
{
    [Theory]
    [InlineData("laion/CLIP-ViT-L-14-DataComp.XL-s13B-b90K", "ViT-L-14/datacomp_xl_s13b_b90k", 79.2f)]
    [InlineData("laion/CLIP-ViT-B-32-laion2B-s34B-b79K", "ViT-B-32/laion2b_s34b_b79k", 66.6f)]
    [InlineData("laion/CLIP-ViT-B-32-DataComp.XL-s13B-b90K", "ViT-B-32/datacomp_xl_s13b_b90k", 72.7f)]
    [InlineData("openai/clip-vit-base-patch16", "ViT-B-16/openai", 68.3f)]
    public void Find_PublishedModel_HasWhatItsCardSays(string id, string alias, float top1)
    {
        var entry = ModelCatalog.Find(id);

        Assert.NotNull(entry);
        Assert.Same(entry, ModelCatalog.Find(alias));
        Assert.Same(entry, ModelCatalog.Find($"{id}@main"));
        Assert.Equal(id, entry.Id);
        Assert.Equal(top1, entry.Card.ImageNetTop1);
        Assert.Equal($"https://huggingface.co/{id}", entry.Card.Url);
        Assert.NotNull(entry.Card.TrainingData);
        Assert.NotNull(entry.Card.IntendedUse);
        Assert.Contains("surveillance", entry.Card.OutOfScopeUse);
    }

    [Fact]
    public void Find_UnknownName_IsNull() => Assert.Null(ModelCatalog.Find("org/other"));
}
