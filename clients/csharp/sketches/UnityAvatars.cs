// A sketch for Unity 6 with the package Inference Engine (com.unity.ai.inference 2.x; before: Sentis). Put
// fp32/model.onnx of `ganrt bundle` into Assets and drag it onto `modelAsset`. Inference Engine has no uint8 tensors: it
// reads the output as int, and a texture is filled from that. Written from its documentation; it needs Unity to compile,
// and has not been run.
using Unity.InferenceEngine;
using UnityEngine;

public sealed class UnityAvatars : MonoBehaviour
{
    public ModelAsset modelAsset;
    public int dim = 100;
    Worker worker;
    Ganrt.Law law;

    void Awake()
    {
        Ganrt.Check(); // on IL2CPP for ARM64 this is what notices a missing -ffp-contract=off
        worker = new Worker(ModelLoader.Load(modelAsset), BackendType.GPUCompute);
        law = Ganrt.Law.Of(Ganrt.Prior.Normal);
    }

    public Texture2D Draw(string player, int height, int width)
    {
        float[] z = Ganrt.Latent(law, 0, Ganrt.Identity(player), dim);
        using (var input = new Tensor<float>(new TensorShape(1, dim), z))
        {
            worker.Schedule(input);
            using (var output = (worker.PeekOutput("image") as Tensor<int>).ReadbackAndClone())
                return ToTexture(output.DownloadToArray(), height, width);
        }
    }

    static Texture2D ToTexture(int[] values, int height, int width)
    {
        var pixels = new Color32[height * width];
        int channels = values.Length / pixels.Length; // 3: RGB; 4: RGBA with straight alpha, as RGBA32 has it
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
            {
                int from = channels * (y * width + x);
                byte alpha = channels == 4 ? (byte)values[from + 3] : (byte)255;
                pixels[(height - 1 - y) * width + x] =
                    new Color32((byte)values[from], (byte)values[from + 1], (byte)values[from + 2], alpha);
            }
        var texture = new Texture2D(width, height, TextureFormat.RGBA32, false) { filterMode = FilterMode.Point };
        texture.SetPixels32(pixels);
        texture.Apply();
        return texture;
    }

    void OnDestroy()
    {
        worker.Dispose();
    }
}
