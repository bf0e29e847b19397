// unity STREAMING_ASSETS FOLDER: the lobby of the package's sample, frame by frame; writes FOLDER/N.rgba, top row first.
using System;
using System.IO;
using System.Threading;
using GanrtUnity;
using UnityEngine;
using UnityEngine.UI;

static class UnityTest
{
    static void Main(string[] given)
    {
        Application.streamingAssetsPath = given[0];
        Application.persistentDataPath = given[1];
        Lobby lobby = new GameObject("Lobby").AddComponent<Lobby>();
        var single = new GameObject("single", typeof(RawImage), typeof(AvatarImage));
        AvatarImage image = single.GetComponent<AvatarImage>();
        image.Player = "never";
        image.Player = "player-8841";
        for (int i = 0; i < 30000 && Texture2D.Alive < lobby.players + 1 && Debug.Lines.Count == 0; i++)
            Frame();
        Console.WriteLine(Texture2D.Alive + " textures");
        if (Debug.Lines.Count > 0)
            Console.WriteLine(Debug.Lines[0]);
        else
        {
            Write(given[1], 0, single);
            Change(image, given[1]);
        }
        UnityEngine.Object.Destroy(AvatarKit.Shared.gameObject);
        Frame();
    }

    static void Change(AvatarImage image, string folder)
    {
        Texture before = image.GetComponent<RawImage>().texture;
        image.Player = "Zoë";
        for (int i = 0; i < 30000 && image.GetComponent<RawImage>().texture == before; i++)
            Frame();
        Write(folder, 1, image.gameObject);
        Frame(); // the first one goes
        Console.WriteLine(Texture2D.Alive + " textures");
        image.Player = "gone before it comes";
        UnityEngine.Object.Destroy(image.gameObject);
        for (int i = 0; i < 100; i++)
            Frame();
        Console.WriteLine(Texture2D.Alive + " textures");
    }

    static void Frame()
    {
        Scene.Frame();
        Thread.Sleep(1);
    }

    static void Write(string folder, int number, GameObject of)
    {
        var texture = (Texture2D)of.GetComponent<RawImage>().texture;
        using (FileStream file = File.Create(Path.Combine(folder, number + ".rgba")))
            for (int y = texture.height - 1; y >= 0; y--)
                file.Write(texture.Raw, y * 4 * texture.width, 4 * texture.width);
    }
}
